// One connection of the server, on one fiber. Internal to net/http.
#ifndef KONSUL_NET_HTTP_CONNECTION_H_
#define KONSUL_NET_HTTP_CONNECTION_H_

#include <memory>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "net/http/message.h"
#include "net/http/parser.h"
#include "net/http/reply_writer.h"
#include "net/http/server.h"

namespace konsul::http {

class Connection {
 public:
  Connection(Server& server, std::unique_ptr<env::Stream> stream);
  ~Connection();

  // Suspends until the connection is over.
  void Run();
  // The server stops: an idle connection ends now, a busy one after its reply. From any fiber.
  void EndSoon();

 private:
  // Suspends until bytes came. False when the connection is over, whatever had to be said was said.
  bool ReadMore();
  // Runs the handler and queues its reply. False when it is the last one.
  bool Answer();
  void AnswerError(const ParseError& error);
  void AnswerLast(const Response& response);
  // Tells the server how much memory the parser holds now. False when there is too little for it.
  bool Account();
  // When what the connection waits for must be there.
  Instant ReadDeadline();
  void GiveUpWaiting();

  enum class Phase { kIdle, kHead, kBody };

  Server& server_;
  std::unique_ptr<env::Stream> stream_;
  RequestParser parser_;
  ReplyWriter writer_;
  Phase phase_ = Phase::kIdle;
  Instant phase_deadline_;
  bool phase_known_ = false;
  bool reading_idle_ = false;
  size_t accounted_ = 0;  // of server_.request_bytes_
  int answers_since_yield_ = 0;
};

// Says that the server has too much to do (503, 429) and when to come again.
Response Overload(int status, absl::string_view text);

// Ends our direction and reads on for a moment, so that a reply to a peer which is still sending is
// not lost in the reset that unread bytes would cause (RFC 9112, 9.6).
void CloseGently(const env::Env& env, env::Stream& stream);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_CONNECTION_H_
