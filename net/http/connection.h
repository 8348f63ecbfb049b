// One connection of the server, on one fiber at a time, and while it is parked on none. Internal to
// net/http.
#ifndef KONSUL_NET_HTTP_CONNECTION_H_
#define KONSUL_NET_HTTP_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/fiber/continuation.h"
#include "net/http/message.h"
#include "net/http/parser.h"
#include "net/http/reply_writer.h"
#include "net/http/server.h"

namespace konsul::http {

class Connection : private BodyReader {
 public:
  enum class Outcome { kOver, kParks };

  Connection(Server& server, uint64_t id, std::unique_ptr<env::Stream> stream);
  ~Connection();

  // Suspends until the connection is over, or nothing is to be done for it until TakeContinuation()
  // is woken or park_deadline() has come; then Run goes on.
  Outcome Run();
  std::unique_ptr<fiber::Continuation> TakeContinuation() { return std::move(continuation_); }
  Instant park_deadline() const { return park_deadline_; }

  // The server stops: an idle connection ends now, a busy one after its reply. From any fiber.
  void EndSoon();

  uint64_t id() const { return id_; }
  const env::Endpoint& peer() const { return stream_->peer(); }

 private:
  enum class Next { kGoOn, kOver, kParks };

  // Suspends until bytes came, unless it parks. When the connection is over, whatever had to be
  // said was said.
  Next ReadMore();
  // Runs the handler and queues its reply, or parks the request.
  Next Answer();
  // The handler's answer, which the server wants now if it has no room for it to wait.
  Response AskHandler();
  // Of an upload.
  absl::StatusOr<bool> Read(std::string& out) override;
  Next ParkRequest();
  Next Park(Parked& parked);
  Next ParkIdle();
  // Takes in what has come for the connection while its request was parked. False: it is over.
  bool Unpark();
  Next Reply(const Response& response);
  // Goes on with a body that is made while it is sent.
  Next SendBody();
  // The reply is complete.
  Next EndReply();
  void AnswerError(const ParseError& error);
  void AnswerLast(const Response& response);
  // Tells the server how much memory the parser holds now. False when there is too little for it.
  bool Account();
  // When what the connection waits for must be there.
  Instant ReadDeadline();
  void GiveUpWaiting();

  enum class Phase { kIdle, kHead, kBody };

  Server& server_;
  const uint64_t id_;
  std::unique_ptr<env::Stream> stream_;
  RequestParser parser_;
  ReplyWriter writer_;
  Phase phase_ = Phase::kIdle;
  Instant phase_deadline_;
  bool phase_known_ = false;
  bool reading_idle_ = false;
  size_t accounted_ = 0;  // of server_.request_bytes_
  int answers_since_yield_ = 0;

  std::shared_ptr<BodyStream> body_;  // of the reply, until it ends
  bool chunked_ = false;              // body_ goes out in chunks
  bool closes_ = false;               // the reply is the last one
  std::string piece_;

  bool request_parked_ = false;   // the request is given to the handler again
  bool parks_when_idle_ = false;  // a request of this connection has waited
  bool idle_parked_ = false;
  std::unique_ptr<fiber::Continuation> continuation_;
  Instant park_deadline_;
};

// Says that the server has too much to do (503, 429) and when to come again.
Response Overload(int status, absl::string_view text);

// Ends our direction and reads on for a moment, so that a reply to a peer which is still sending is
// not lost in the reset that unread bytes would cause (RFC 9112, 9.6).
void CloseGently(const env::Env& env, env::Stream& stream);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_CONNECTION_H_
