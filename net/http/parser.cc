#include "net/http/parser.h"

#include "net/http/uri.h"

namespace konsul::http {

Step RequestParser::Next() {
  if (state() == State::kFailed) return Step::kError;
  if (state() == State::kDone) {
    request_.Clear();
    BeginMessage();
  }
  if (state() == State::kHead) {
    const Step step = ReadHead();
    if (step != Step::kMessage) return step;
  }
  return state() == State::kDone || streaming() ? Step::kMessage : ReadBody(request_.body);
}

void RequestParser::Shrink() {
  input().Shrink();
  if (request_.body.capacity() > InputBuffer::kSmall) std::string().swap(request_.body);
}

Step RequestParser::ReadHead() {
  const Step found = FindHead();
  if (found != Step::kMessage) return found;
  const absl::Status parsed = ParseRequestHead(head_text(), mutable_head(), request_.method,
                                               request_.target, request_.headers);
  if (parsed.ok() && !CheckHead()) return Step::kError;
  const bool streaming = streams_ != nullptr && *streams_ && (*streams_)(request_);
  if (!EndHead(parsed, request_.headers, BodyRule::kRequest, streaming, request_.body)) {
    return Step::kError;
  }
  // Whoever sends the body at once does not need to be told to.
  const bool asks = head().expects_continue && head().minor_version == 1;
  return asks && in_body() && !has_buffered() ? Step::kContinue : Step::kMessage;
}

bool RequestParser::CheckHead() {
  if (head().hosts > 1) {
    Malformed("more than one Host header");
    return false;
  }
  if (head().hosts == 0 && head().minor_version == 1) {
    Malformed("missing Host header");
    return false;
  }
  if (head().expects && !head().expects_continue) {
    Fail(417, "Expectation Failed: only 100-continue is known");
    return false;
  }
  const absl::Status status =
      ParseTarget(request_.method, request_.target, request_.path, request_.query);
  if (!status.ok()) Malformed(status.message());
  return status.ok();
}

void ResponseParser::Begin() {
  response_ = Response();
  BeginMessage();
}

Step ResponseParser::Next() {
  if (state() == State::kFailed) return Step::kError;
  if (state() == State::kDone) Begin();
  while (state() == State::kHead) {
    const Step found = FindHead();
    if (found != Step::kMessage) return found;
    const absl::Status parsed = ParseResponseHead(head_text(), mutable_head(), response_.headers);
    const int status = head().status;
    const bool interim = status / 100 == 1;
    const bool no_body = head_reply_ || interim || status == 204 || status == 304;
    if (!EndHead(parsed, response_.headers, no_body ? BodyRule::kNone : BodyRule::kResponse,
                 stream_, response_.body)) {
      return Step::kError;
    }
    if (interim) {
      Begin();
      continue;
    }
    response_.status = status;
    response_.close = !keep_alive();
  }
  return state() == State::kDone || streaming() ? Step::kMessage : ReadBody(response_.body);
}

Step ResponseParser::EndOfInput() {
  if (state() == State::kUntilEnd) {
    EndUntilEnd();
    return Step::kMessage;
  }
  return state() == State::kFailed ? Step::kError : Malformed("it ended too early");
}

}  // namespace konsul::http
