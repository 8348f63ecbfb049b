#include "net/http/head_scanner.h"

#include "absl/strings/ascii.h"

namespace konsul::http {
namespace {

// tchar of RFC 9110, 5.6.2: what a method or "HTTP/1.1" can begin with.
bool CanBeginStartLine(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("!#$%&'*+-.^_`|~").find(c) != absl::string_view::npos;
}

}  // namespace

HeadScanner::Verdict HeadScanner::Scan(absl::string_view data) {
  if (data.empty()) return Verdict::kNeedMore;
  if (!CanBeginStartLine(data[0])) return Verdict::kNotHttp;
  const absl::string_view visible = data.substr(0, limit_);
  while (true) {
    const size_t newline = visible.find('\n', scanned_);
    if (newline == absl::string_view::npos) {
      scanned_ = visible.size();
      return data.size() > limit_ ? Verdict::kTooLarge : Verdict::kNeedMore;
    }
    if (newline == line_ || data[newline - 1] != '\r') return Verdict::kBareNewline;
    const bool first = line_ == 0;
    const char begin = data[line_];
    const bool empty = newline == line_ + 1;
    line_ = scanned_ = newline + 1;
    if (empty) return Verdict::kComplete;
    if (!first && (begin == ' ' || begin == '\t')) return Verdict::kFolded;
  }
}

}  // namespace konsul::http
