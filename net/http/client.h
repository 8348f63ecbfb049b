// A small HTTP/1.1 client: one server, one connection that is kept, one request at a time. For
// konsulctl, for simulated workloads and for load generators.
#ifndef KONSUL_NET_HTTP_CLIENT_H_
#define KONSUL_NET_HTTP_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "net/http/message.h"
#include "net/http/parser.h"

namespace konsul::http {

// Owned by, and used from, one fiber at a time.
class Client {
 public:
  struct Options {
    // Of the reply.
    ParserLimits limits{.body_bytes_max = 1024 * 1024 * 1024};
    // The Host header; the endpoint when empty.
    std::string host;
  };

  Client(const env::Env& env, env::Endpoint server);
  Client(const env::Env& env, env::Endpoint server, Options options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Suspends. Dials first when there is no connection. Any HTTP status is an OK result. Errors:
  // Unavailable (cannot connect, or the connection broke), DeadlineExceeded, Cancelled,
  // InvalidArgument (the server does not speak HTTP), ResourceExhausted (the reply is too large).
  // After an error the connection is gone and the next call dials anew. A request is never sent a
  // second time: whether a failed one took effect is unknown unless maybe_sent() is false.
  absl::StatusOr<Response> Do(const Request& request, Instant deadline);

  // As Do, but the reply comes without its body, which ReadBody gives then. `upload`, if any, is
  // the request's body.
  struct Upload {
    uint64_t size = 0;
    // Appends the next of exactly `size` bytes to `piece`; an error ends the request.
    std::function<absl::Status(std::string& piece)> next;
  };
  absl::StatusOr<Response> Begin(const Request& request, Instant deadline,
                                 const Upload* upload = nullptr);
  // Appends what comes next of the body to `out`, at least a byte; false at its end, after which
  // the client may be used again. Whoever does not want the rest calls Close.
  absl::StatusOr<bool> ReadBody(std::string& out, Instant deadline);

  // Of the last Do: false when certainly no byte of the request reached the server.
  bool maybe_sent() const { return maybe_sent_; }
  bool connected() const { return stream_ != nullptr; }
  const env::Endpoint& server() const { return server_; }
  void Close();

 private:
  absl::StatusOr<Response> Exchange(const Request& request, const Upload* upload, bool stream,
                                    Instant deadline);
  absl::Status Send(const Request& request, const Upload* upload, Instant deadline);
  absl::Status ReadReply(Instant deadline);
  // The bytes that came are no reply.
  absl::Status Refuse() const;
  // Whether the connection serves for another request.
  void EndReply(bool close);

  env::Env env_;
  env::Endpoint server_;
  Options options_;
  std::unique_ptr<env::Stream> stream_;
  std::unique_ptr<ResponseParser> parser_;
  std::string out_;
  bool maybe_sent_ = false;
  bool busy_ = false;
  bool close_after_body_ = false;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_CLIENT_H_
