// HTTP/1.x parsers without I/O: bytes in, messages out. Whatever way a byte stream is cut into
// reads, the same messages and the same error come out. docs/formats/http.md tells what is refused.
//
//   while (true) {
//     switch (parser.Next()) {
//       case Step::kNeedMore: read into parser.Space(), then parser.Commit(n); break;
//       case Step::kMessage:  use parser.request(); the following Next() begins the next one;
//       break;
//       ...
#ifndef KONSUL_NET_HTTP_PARSER_H_
#define KONSUL_NET_HTTP_PARSER_H_

#include <functional>

#include "net/http/message.h"
#include "net/http/message_parser.h"

namespace konsul::http {

// One connection's requests. Belongs to the connection's fiber; never suspends.
class RequestParser : public MessageParser {
 public:
  explicit RequestParser(const ParserLimits& limits) : MessageParser(limits, "Bad Request: ") {}

  Step Next();
  // After kMessage until the following Next(). `peer` is left alone.
  Request& request() { return request_; }

  // Requests whose bodies are not gathered: kMessage comes once the head is there, and what
  // streaming() and ReadPiece say is to be done before the following Next(). Outlives the parser.
  void StreamBodies(const std::function<bool(const Request&)>& of) { streams_ = &of; }

  // Bytes of memory that this connection's requests hold.
  size_t memory() const { return input().capacity() + request_.body.size(); }
  // Frees memory that only a large message needed. Between messages, after kNeedMore.
  void Shrink();
  // As far as nothing is buffered, frees what reading needs. Also after kMessage.
  void ReleaseInput() { input().Release(); }

 private:
  Step ReadHead();
  // False: failed.
  bool CheckHead();

  Request request_;
  const std::function<bool(const Request&)>* streams_ = nullptr;
};

// One connection's replies, from the client's side.
class ResponseParser : public MessageParser {
 public:
  explicit ResponseParser(const ParserLimits& limits)
      : MessageParser(limits, "malformed reply: ") {}

  // The next message answers a HEAD request, so it has no body whatever it says.
  void ExpectHeadReply(bool head) { head_reply_ = head; }
  // The next message's body is not gathered: kMessage comes once the head is there, then
  // streaming() and ReadPiece say what is to be done.
  void StreamBody(bool stream) { stream_ = stream; }
  // Interim replies (1xx) are skipped.
  Step Next();
  // The peer's bytes have ended. kMessage when that is how the body is delimited, else kError.
  Step EndOfInput();

  // After kMessage until the following Next(); `close` says that the server closes.
  Response& response() { return response_; }

 private:
  void Begin();

  Response response_;
  bool head_reply_ = false;
  bool stream_ = false;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_PARSER_H_
