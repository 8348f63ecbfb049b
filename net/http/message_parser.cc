#include "net/http/message_parser.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace konsul::http {
namespace {

// RFC 9112, 2.2: a few empty lines before a message are a peer's old bug, not an error.
constexpr int kEmptyLinesMax = 4;

}  // namespace

void MessageParser::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const absl::Span<char> space = input_.Space();
    const size_t n = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), n);
    input_.Commit(n);
    bytes.remove_prefix(n);
  }
}

Step MessageParser::Fail(int status, absl::string_view text) {
  error_ = {status, std::string(text)};
  state_ = State::kFailed;
  return Step::kError;
}

Step MessageParser::TooLarge(uint64_t size) {
  return Fail(413, absl::StrCat("Request body(", size, " bytes) too large, max size: ",
                                limits_.body_bytes_max, " bytes."));
}

void MessageParser::BeginMessage() {
  state_ = State::kHead;
  scanner_.Reset();
  head_ = Head();
  streaming_ = false;
  empty_lines_ = 0;
}

Step MessageParser::FindHead() {
  while (scanner_.size() == 0 && absl::StartsWith(input_.data(), "\r\n")) {
    if (++empty_lines_ > kEmptyLinesMax) return Malformed("empty lines");
    input_.Consume(2);
  }
  if (input_.data() == "\r") return Step::kNeedMore;
  switch (scanner_.Scan(input_.data())) {
    case HeadScanner::Verdict::kNeedMore:
      return Step::kNeedMore;
    case HeadScanner::Verdict::kComplete:
      return Step::kMessage;
    case HeadScanner::Verdict::kTooLarge:
      return Fail(431, absl::StrCat("Request header fields too large, max size: ",
                                    limits_.head_bytes_max, " bytes."));
    case HeadScanner::Verdict::kNotHttp:
      return Malformed(input_.data()[0] == '\x16' ? "a TLS handshake was sent to a plain HTTP port"
                                                  : "this is not HTTP");
    case HeadScanner::Verdict::kBareNewline:
      return Malformed("a line does not end in CR LF");
    case HeadScanner::Verdict::kFolded:
      return Malformed("folded header line");
  }
  return Malformed("unknown");
}

// Every ambiguity about where a message ends is refused (RFC 9112, 6.3): what two programs on the
// way cut differently, a third party can use.
bool MessageParser::CheckTransferEncoding() {
  if (head_.transfer_encodings == 0) return true;
  if (head_.content_length) {
    Malformed("both Content-Length and Transfer-Encoding");
  } else if (head_.minor_version == 0) {
    Malformed("Transfer-Encoding in HTTP/1.0");
  } else if (head_.transfer_encodings > 1 || !head_.chunked_only || !head_.chunked) {
    Fail(501, "Not Implemented: the only Transfer-Encoding is chunked");
  } else {
    return true;
  }
  return false;
}

bool MessageParser::EndHead(const absl::Status& parsed, const Headers& headers, BodyRule rule,
                            bool streaming, std::string& body) {
  if (absl::IsUnimplemented(parsed)) {
    Fail(505, "HTTP Version Not Supported: only HTTP/1.0 and HTTP/1.1 are known");
    return false;
  }
  if (!parsed.ok()) {
    Malformed(parsed.message());
    return false;
  }
  if (headers.size() > limits_.header_count_max) {
    Fail(431, absl::StrCat("Too many request header fields, at most ", limits_.header_count_max));
    return false;
  }
  if (!CheckTransferEncoding()) return false;
  input_.Consume(scanner_.size());
  streaming_ = streaming;
  if (rule == BodyRule::kNone) {
    state_ = State::kDone;
  } else if (head_.chunked) {
    chunked_.Reset(BodyLimit());
    state_ = State::kChunked;
  } else if (head_.content_length || rule == BodyRule::kRequest) {
    remaining_ = head_.content_length.value_or(0);
    if (remaining_ > BodyLimit()) {
      TooLarge(remaining_);
      return false;
    }
    // A claim is not a body: memory for a large one is taken as it comes.
    if (!streaming_) body.reserve(std::min<uint64_t>(remaining_, 1024 * 1024));
    state_ = remaining_ > 0 ? State::kFixed : State::kDone;
  } else {
    head_.keep_alive = false;
    state_ = State::kUntilEnd;
  }
  return true;
}

Step MessageParser::ReadBody(std::string& body) {
  const absl::string_view data = input_.data();
  if (state_ == State::kChunked) {
    size_t taken = 0;
    const ChunkedDecoder::Verdict verdict = chunked_.Feed(data, taken, body);
    input_.Consume(taken);
    if (verdict == ChunkedDecoder::Verdict::kNeedMore) return Step::kNeedMore;
    if (verdict == ChunkedDecoder::Verdict::kTooLarge) return TooLarge(chunked_.claimed());
    if (verdict == ChunkedDecoder::Verdict::kMalformed) return Malformed("malformed chunk");
  } else if (state_ == State::kFixed) {
    const size_t n = std::min<uint64_t>(remaining_, data.size());
    body.append(data.data(), n);
    input_.Consume(n);
    remaining_ -= n;
    if (remaining_ > 0) return Step::kNeedMore;
  } else if (state_ == State::kUntilEnd) {
    if (!streaming_ && body.size() + data.size() > limits_.body_bytes_max) {
      return TooLarge(limits_.body_bytes_max + 1);  // at least: the whole size is not known
    }
    body.append(data.data(), data.size());
    input_.Consume(data.size());
    return Step::kNeedMore;
  }
  state_ = State::kDone;
  return Step::kMessage;
}

}  // namespace konsul::http
