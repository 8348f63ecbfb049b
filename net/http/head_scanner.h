// Finds the end of a message's head, and refuses early what no honest peer sends.
//
// Boost.Beast is given a head only when it is complete: its verdict then cannot depend on how the
// bytes were split into reads. The scanner keeps that promise for the limit and for its own errors,
// because it judges line by line, in order.
#ifndef KONSUL_NET_HTTP_HEAD_SCANNER_H_
#define KONSUL_NET_HTTP_HEAD_SCANNER_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace konsul::http {

class HeadScanner {
 public:
  enum class Verdict {
    kNeedMore,
    kComplete,     // size() bytes, the empty line included
    kTooLarge,     // longer than the limit
    kNotHttp,      // does not begin like a start line
    kBareNewline,  // "\n" without "\r" (RFC 9112, 2.2: a source of request smuggling)
    kFolded,       // obs-fold (RFC 9112, 5.2)
  };

  explicit HeadScanner(size_t limit) : limit_(limit) {}

  // `data` begins where the message does, and holds at least what it held in the last call.
  Verdict Scan(absl::string_view data);
  size_t size() const { return line_; }
  void Reset() { line_ = scanned_ = 0; }

 private:
  size_t limit_;
  size_t line_ = 0;     // where the line begins whose end is not known yet
  size_t scanned_ = 0;  // no newline in [line_, scanned_)
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_HEAD_SCANNER_H_
