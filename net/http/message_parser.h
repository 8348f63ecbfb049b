// What the parsers of both directions share: a head, then a body by the framing the head tells.
// Internal to net/http; see parser.h.
#ifndef KONSUL_NET_HTTP_MESSAGE_PARSER_H_
#define KONSUL_NET_HTTP_MESSAGE_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "net/http/chunked_decoder.h"
#include "net/http/head_parser.h"
#include "net/http/head_scanner.h"
#include "net/http/input_buffer.h"

namespace konsul::http {

struct ParserLimits {
  size_t head_bytes_max = 32 * 1024;  // start line and headers
  size_t header_count_max = 256;
  uint64_t body_bytes_max = 512 * 1024;  // after decoding
};

enum class Step {
  kNeedMore,
  kContinue,  // requests only: the client waits for "100 Continue"; told once per request
  kMessage,
  kError,  // for good: the bytes that follow cannot be told apart any more
};

struct ParseError {
  int status = 400;  // what a server answers
  std::string text;  // and its body
};

class MessageParser {
 public:
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  // Where the next bytes go, never empty; then how many were put there.
  absl::Span<char> Space() { return input_.Space(); }
  void Commit(size_t n) { input_.Commit(n); }
  // Space and Commit for bytes that lie elsewhere.
  void Append(absl::string_view bytes);

  // After kMessage until the following Next(): may the connection carry another message
  // (RFC 9112, 9.3), and which HTTP/1.x was it.
  bool keep_alive() const { return head_.keep_alive; }
  int minor_version() const { return head_.minor_version; }
  // After kError.
  const ParseError& error() const { return error_; }

  // True between the first byte of a message and its kMessage: an end of input here is a loss.
  bool in_message() const {
    return in_body() || (has_buffered() && state_ != State::kDone && state_ != State::kFailed);
  }
  // True when the head is complete and the body is not.
  bool in_body() const {
    return state_ == State::kFixed || state_ == State::kChunked || state_ == State::kUntilEnd;
  }
  // True from the kMessage of a body that is read piece by piece until its end.
  bool streaming() const { return streaming_ && in_body(); }
  // While streaming(): appends what has come of the body to `out`. kMessage: that was all of it;
  // kNeedMore; kError.
  Step ReadPiece(std::string& out) { return ReadBody(out); }
  // Bytes beyond the current message are here already.
  bool has_buffered() const { return !input_.empty(); }

 protected:
  enum class State { kHead, kFixed, kChunked, kUntilEnd, kDone, kFailed };

  // `prefix` begins the text of every error about malformed bytes.
  MessageParser(const ParserLimits& limits, absl::string_view prefix)
      : limits_(limits), prefix_(prefix), scanner_(limits.head_bytes_max) {}
  ~MessageParser() = default;

  InputBuffer& input() { return input_; }
  const InputBuffer& input() const { return input_; }
  State state() const { return state_; }
  const Head& head() const { return head_; }

  void BeginMessage();
  // kMessage: the whole head lies in head_text(), to be parsed and then given to EndHead.
  Step FindHead();
  absl::string_view head_text() const { return input_.data().substr(0, scanner_.size()); }
  Head& mutable_head() { return head_; }
  // Takes the head away and chooses how the body is read. False: failed. What is read piece by
  // piece may have any length.
  enum class BodyRule { kNone, kRequest, kResponse };
  bool EndHead(const absl::Status& parsed, const Headers& headers, BodyRule rule, bool streaming,
               std::string& body);
  Step ReadBody(std::string& body);
  // A body that ends with the connection has ended.
  void EndUntilEnd() { state_ = State::kDone; }

  // Always kError.
  Step Fail(int status, absl::string_view text);
  Step Malformed(absl::string_view text) { return Fail(400, absl::StrCat(prefix_, text)); }

 private:
  Step TooLarge(uint64_t size);
  bool CheckTransferEncoding();
  uint64_t BodyLimit() const {
    return streaming_ ? std::numeric_limits<uint64_t>::max() : limits_.body_bytes_max;
  }

  const ParserLimits limits_;
  const absl::string_view prefix_;
  State state_ = State::kDone;
  InputBuffer input_;
  HeadScanner scanner_;
  ChunkedDecoder chunked_;
  Head head_;
  uint64_t remaining_ = 0;
  bool streaming_ = false;
  int empty_lines_ = 0;
  ParseError error_;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_MESSAGE_PARSER_H_
