#include "net/http/connection.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::http {

namespace {

constexpr int kAnswersPerTurn = 64;
// What a connection may hold however little memory is left: enough for a small request.
constexpr size_t kAlwaysBytes = 2 * InputBuffer::kSmall;

}  // namespace

Connection::Connection(Server& server, uint64_t id, std::unique_ptr<env::Stream> stream)
    : server_(server),
      id_(id),
      stream_(std::move(stream)),
      parser_(server.options_.limits),
      writer_(server.env_, *stream_, server.options_.write_timeout) {
  parser_.request().peer = stream_->peer();
  parser_.StreamBodies(server.options_.uploads);
}

Connection::~Connection() { server_.request_bytes_ -= accounted_; }

bool Connection::Account() {
  const size_t now = parser_.memory();
  server_.request_bytes_ += now - accounted_;
  accounted_ = now;
  return now <= kAlwaysBytes || server_.request_bytes_ <= server_.options_.request_bytes_max;
}

Connection::Outcome Connection::Run() {
  if (server_.env_.scheduler.cancelled()) return Outcome::kOver;
  const bool sending = body_ != nullptr;
  if ((request_parked_ || sending) && !Unpark()) return Outcome::kOver;
  Next next = sending ? SendBody() : Next::kGoOn;
  while (next == Next::kGoOn) {
    switch (request_parked_ ? Step::kMessage : parser_.Next()) {
      case Step::kNeedMore:
        next = ReadMore();
        break;
      case Step::kContinue:
        writer_.pending().append("HTTP/1.1 100 Continue\r\n\r\n");
        break;  // leaves with the read that follows
      case Step::kMessage:
        next = Answer();
        break;
      case Step::kError:
        AnswerError(parser_.error());
        return Outcome::kOver;
    }
  }
  return next == Next::kParks ? Outcome::kParks : Outcome::kOver;
}

void Connection::EndSoon() {
  // Without a fiber it waits for the stream as well, so this wakes it.
  if (reading_idle_ || idle_parked_) stream_->Close();
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

Connection::Next Connection::ReadMore() {
  if (!writer_.Flush().ok()) return Next::kOver;
  const Instant deadline = ReadDeadline();
  if (phase_ == Phase::kIdle) {
    if (server_.grace_is_over_) return Next::kOver;
    parser_.Shrink();
    const bool was_parked = std::exchange(idle_parked_, false);
    if (parks_when_idle_ && !was_parked && !server_.stopping_) return ParkIdle();
  }
  const absl::Span<char> space = parser_.Space();
  if (!Account()) {
    ++server_.stats_.refused;
    AnswerLast(Overload(503, "Too many large requests at a time"));
    return Next::kOver;
  }
  reading_idle_ = phase_ == Phase::kIdle;
  const bool small = server_.env_.scheduler.Fires(BuggifySite::kSmallHttpRead);
  const absl::StatusOr<size_t> n = stream_->Read(small ? space.first(1) : space, deadline);
  reading_idle_ = false;
  if (absl::IsDeadlineExceeded(n.status())) {
    GiveUpWaiting();
    return Next::kOver;
  }
  if (!n.ok() || *n == 0) return Next::kOver;
  parser_.Commit(*n);
  return Next::kGoOn;
}

Connection::Next Connection::ParkIdle() {
  idle_parked_ = true;
  parser_.ReleaseInput();
  Account();
  continuation_ = std::make_unique<fiber::Continuation>(server_.env_.scheduler);
  stream_->WakeWhenReadable(*continuation_);
  park_deadline_ = phase_deadline_;
  return Next::kParks;
}

void Connection::GiveUpWaiting() {
  if (phase_ == Phase::kIdle) return;
  ++server_.stats_.timed_out;
  AnswerError(
      {408, absl::StrCat("Request Timeout: the ", phase_ == Phase::kBody ? "body" : "headers",
                         " did not arrive in time")});
}

Connection::Next Connection::Answer() {
  phase_known_ = false;
  // Should the handler suspend, earlier replies must not wait for it.
  writer_.FlushOnSuspend();
  if (!request_parked_) ++server_.stats_.requests;
  if (parser_.streaming()) parser_.request().upload = this;
  Response response = AskHandler();
  request_parked_ = false;
  if (server_.env_.scheduler.cancelled()) return Next::kOver;
  if (response.parked != nullptr) {
    parser_.request().parked = std::move(response.parked);
    return ParkRequest();
  }
  parser_.request().parked.reset();
  return Reply(response);
}

absl::StatusOr<bool> Connection::Read(std::string& out) {
  const size_t before = out.size();
  while (parser_.streaming()) {
    const Step step = parser_.ReadPiece(out);
    if (step == Step::kError) return absl::InvalidArgumentError(parser_.error().text);
    if (step == Step::kMessage || out.size() > before) break;
    KONSUL_RETURN_IF_ERROR(writer_.Flush());
    const Instant deadline = server_.env_.After(server_.options_.body_timeout);
    const absl::StatusOr<size_t> n = stream_->Read(parser_.Space(), deadline);
    if (absl::IsDeadlineExceeded(n.status())) {
      return absl::DeadlineExceededError("the rest of the body did not arrive");
    }
    KONSUL_RETURN_IF_ERROR(n.status());
    if (*n == 0) return absl::UnavailableError("the client went away inside the body");
    parser_.Commit(*n);
  }
  return out.size() > before;
}

Response Connection::AskHandler() {
  Request& request = parser_.request();
  if (request.parked != nullptr) request.parked->answer_now = !server_.MayPark();
  Response response = server_.handler_(request);
  if (response.parked == nullptr || server_.MayPark()) return response;
  request.parked = std::move(response.parked);
  request.parked->answer_now = true;
  response = server_.handler_(request);
  KONSUL_CHECK(response.parked == nullptr,
               "a handler that was to answer now did not: ", request.path);
  return response;
}

Connection::Next Connection::ParkRequest() {
  KONSUL_CHECK(!parser_.streaming(), "parked before its body has come: ", parser_.request().path);
  const Next next = Park(*parser_.request().parked);
  request_parked_ = next == Next::kParks;
  return next;
}

Connection::Next Connection::Park(Parked& parked) {
  // What comes meanwhile wakes `wakes`, which keeps it.
  if (!writer_.Flush().ok()) return Next::kOver;
  KONSUL_CHECK(parked.wakes != nullptr, "nothing would wake ", parser_.request().path);
  parks_when_idle_ = true;
  parser_.ReleaseInput();
  Account();
  continuation_ = std::move(parked.wakes);
  // A client that goes away frees what it waits for. When more of its requests have come already,
  // that is not seen: they would have to be read first, and there may be any number.
  if (!parser_.has_buffered()) stream_->WakeWhenReadable(*continuation_);
  continuation_->WaitIn(server_.stops_);
  if (server_.stopping_) continuation_->Wake();
  park_deadline_ = parked.deadline;
  return Next::kParks;
}

bool Connection::Unpark() {
  if (parser_.has_buffered()) return true;
  fiber::Continuation probe(server_.env_.scheduler);
  stream_->WakeWhenReadable(probe);
  if (!probe.woken()) return true;
  const absl::StatusOr<size_t> n = stream_->Read(parser_.Space(), Instant::Never());
  if (!n.ok() || *n == 0) return false;
  parser_.Commit(*n);
  return true;
}

Connection::Next Connection::Reply(const Response& response) {
  ResponseFraming framing;
  framing.head_request = parser_.request().method == "HEAD";
  const bool streams = response.stream != nullptr;
  framing.chunked = streams && parser_.minor_version() > 0;
  framing.until_close = streams && !framing.chunked;
  // What follows the part of a body that nobody read cannot be told from it.
  framing.close = !parser_.keep_alive() || response.close || server_.stopping_ ||
                  framing.until_close || parser_.streaming();
  framing.keep_alive_10 = parser_.minor_version() == 0;
  framing.date = server_.Date();
  AppendResponse(response, framing, writer_.pending());
  closes_ = framing.close;
  if (!streams || framing.head_request) return EndReply();
  chunked_ = framing.chunked;
  body_ = response.stream;
  return SendBody();
}

Connection::Next Connection::SendBody() {
  while (true) {
    body_->answer_now = !server_.MayPark();
    piece_.clear();
    const absl::StatusOr<BodyStream::Step> step = body_->Next(piece_);
    if (server_.env_.scheduler.cancelled()) return Next::kOver;
    if (!step.ok()) {
      server_.env_.logger.Warn(
          "http", "a reply could not be finished",
          {{"path", parser_.request().path}, {"error", step.status().ToString()}});
      return Next::kOver;
    }
    if (chunked_) {
      AppendChunk(piece_, writer_.pending());
    } else {
      writer_.pending().append(piece_);
    }
    if (*step == BodyStream::Step::kEnd) break;
    if (*step == BodyStream::Step::kWaits) {
      KONSUL_CHECK(!body_->answer_now, "a reply that was to end did not: ", parser_.request().path);
      std::string().swap(piece_);
      return Park(*body_);
    }
    if (writer_.pending().size() < ReplyWriter::kBatchBytes) continue;
    if (!writer_.Flush().ok() || !server_.env_.scheduler.Yield().ok()) return Next::kOver;
  }
  body_.reset();
  std::string().swap(piece_);
  if (chunked_) AppendLastChunk(writer_.pending());
  return EndReply();
}

Connection::Next Connection::EndReply() {
  if (closes_) {
    const bool unread = parser_.has_buffered() || parser_.streaming();
    if (writer_.Flush().ok() && unread) CloseGently(server_.env_, *stream_);
    return Next::kOver;
  }
  if (writer_.pending().size() >= ReplyWriter::kBatchBytes && !writer_.Flush().ok()) {
    return Next::kOver;
  }
  // A client that pipelines without end must leave the other connections their turn.
  if (++answers_since_yield_ < kAnswersPerTurn) return Next::kGoOn;
  answers_since_yield_ = 0;
  return server_.env_.scheduler.Yield().ok() ? Next::kGoOn : Next::kOver;
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
