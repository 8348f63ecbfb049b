#include "net/http/connection.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"

namespace konsul::http {

namespace {

constexpr int kAnswersPerTurn = 64;
// What a connection may hold however little memory is left: enough for a small request.
constexpr size_t kAlwaysBytes = 2 * InputBuffer::kSmall;

}  // namespace

Connection::Connection(Server& server, std::unique_ptr<env::Stream> stream)
    : server_(server),
      stream_(std::move(stream)),
      parser_(server.options_.limits),
      writer_(server.env_, *stream_, server.options_.write_timeout) {
  parser_.request().peer = stream_->peer();
}

Connection::~Connection() { server_.request_bytes_ -= accounted_; }

bool Connection::Account() {
  const size_t now = parser_.memory();
  server_.request_bytes_ += now - accounted_;
  accounted_ = now;
  return now <= kAlwaysBytes || server_.request_bytes_ <= server_.options_.request_bytes_max;
}

void Connection::Run() {
  while (true) {
    switch (parser_.Next()) {
      case Step::kNeedMore:
        if (!ReadMore()) return;
        break;
      case Step::kContinue:
        writer_.pending().append("HTTP/1.1 100 Continue\r\n\r\n");
        break;  // leaves with the read that follows
      case Step::kMessage:
        if (!Answer()) return;
        break;
      case Step::kError:
        AnswerError(parser_.error());
        return;
    }
  }
}

void Connection::EndSoon() {
  if (reading_idle_) stream_->Close();
}

Instant Connection::ReadDeadline() {
  const Phase phase = parser_.in_body()      ? Phase::kBody
                      : parser_.in_message() ? Phase::kHead
                                             : Phase::kIdle;
  // The span counts from the phase's beginning: a byte now and then does not extend it.
  if (phase_known_ && phase == phase_) return phase_deadline_;
  const ServerOptions& options = server_.options_;
  phase_ = phase;
  phase_known_ = true;
  phase_deadline_ = server_.env_.After(phase == Phase::kBody   ? options.body_timeout
                                       : phase == Phase::kHead ? options.header_timeout
                                                               : options.idle_timeout);
  return phase_deadline_;
}

bool Connection::ReadMore() {
  if (!writer_.Flush().ok()) return false;
  const Instant deadline = ReadDeadline();
  if (phase_ == Phase::kIdle) {
    if (server_.grace_is_over_) return false;
    parser_.Shrink();
  }
  const absl::Span<char> space = parser_.Space();
  if (!Account()) {
    ++server_.stats_.refused;
    AnswerLast(Overload(503, "Too many large requests at a time"));
    return false;
  }
  reading_idle_ = phase_ == Phase::kIdle;
  const bool small = server_.env_.scheduler.Fires(BuggifySite::kSmallHttpRead);
  const absl::StatusOr<size_t> n = stream_->Read(small ? space.first(1) : space, deadline);
  reading_idle_ = false;
  if (absl::IsDeadlineExceeded(n.status())) {
    GiveUpWaiting();
    return false;
  }
  if (!n.ok() || *n == 0) return false;
  parser_.Commit(*n);
  return true;
}

void Connection::GiveUpWaiting() {
  if (phase_ == Phase::kIdle) return;
  ++server_.stats_.timed_out;
  AnswerError(
      {408, absl::StrCat("Request Timeout: the ", phase_ == Phase::kBody ? "body" : "headers",
                         " did not arrive in time")});
}

bool Connection::Answer() {
  phase_known_ = false;
  // Should the handler suspend, earlier replies must not wait for it.
  writer_.FlushOnSuspend();
  ++server_.stats_.requests;
  const Request& request = parser_.request();
  const Response response = server_.handler_(request);
  if (server_.env_.scheduler.cancelled()) return false;

  ResponseFraming framing;
  framing.head_request = request.method == "HEAD";
  framing.close = !parser_.keep_alive() || response.close || server_.stopping_;
  framing.keep_alive_10 = parser_.minor_version() == 0;
  framing.date = server_.Date();
  AppendResponse(response, framing, writer_.pending());
  if (framing.close) {
    if (writer_.Flush().ok() && parser_.has_buffered()) CloseGently(server_.env_, *stream_);
    return false;
  }
  if (writer_.pending().size() >= ReplyWriter::kBatchBytes && !writer_.Flush().ok()) return false;
  // A client that pipelines without end must leave the other connections their turn.
  if (++answers_since_yield_ < kAnswersPerTurn) return true;
  answers_since_yield_ = 0;
  return server_.env_.scheduler.Yield().ok();
}

void Connection::AnswerError(const ParseError& error) {
  ++server_.stats_.malformed;
  server_.env_.logger.Debug("http", "request refused",
                            {{"peer", stream_->peer().ToString()}, {"error", error.text}});
  AnswerLast(Response::Text(error.status, error.text));
}

void Connection::AnswerLast(const Response& response) {
  AppendResponse(response, {.close = true, .date = server_.Date()}, writer_.pending());
  if (writer_.Flush().ok()) CloseGently(server_.env_, *stream_);
}

Response Overload(int status, absl::string_view text) {
  Response response = Response::Text(status, text);
  response.headers.Set("Retry-After", "1");
  return response;
}

void CloseGently(const env::Env& env, env::Stream& stream) {
  constexpr size_t kDrainBytesMax = 4 * 1024 * 1024;
  const Instant deadline = env.After(2s);
  stream.CloseWrite();
  std::array<char, 4096> scratch;
  size_t drained = 0;
  while (drained < kDrainBytesMax) {
    const absl::StatusOr<size_t> n = stream.Read(absl::MakeSpan(scratch), deadline);
    if (!n.ok() || *n == 0) return;
    drained += *n;
  }
}

}  // namespace konsul::http
