// An HTTP/1.1 server on env streams: the same bytes on real sockets and in the simulator.
//
// One fiber serves one connection: it reads, calls the handler, answers, in order. Replies to
// pipelined requests leave in one write for as long as nothing makes the fiber wait. A request that
// the handler parks (message.h) gives the fiber up, and so does its connection between requests
// from then on: a client that waits once will do so again.
// Limits and behaviour: docs/formats/http.md.
#ifndef KONSUL_NET_HTTP_SERVER_H_
#define KONSUL_NET_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/fiber/scheduler.h"
#include "net/http/message.h"
#include "net/http/parser.h"

namespace konsul::http {

class Connection;

struct ServerOptions {
  ParserLimits limits;
  size_t connections_max = 10'000;        // without the parked ones; beyond: 503 and close
  size_t parked_max = 1'000'000;          // beyond, requests are answered instead of parked
  size_t connections_per_client_max = 0;  // by address, beyond: 429 and close; 0: no limit
  // Parked connections that have a fiber again. More that are woken wait their turn: all can be at
  // once, and the kernel has no stack for each.
  size_t resumed_max = 4096;
  // Memory for requests that arrive or are being answered, of all connections together. Beyond, a
  // connection that asks for more than a few kilobytes gets 503 and is closed.
  size_t request_bytes_max = 256 << 20;
  Duration header_timeout = 10s;  // from a request's first byte to the end of its headers
  Duration body_timeout = 30s;    // from there to the end of the body; of an upload, between bytes
  Duration idle_timeout = 120s;   // between requests, and before the first
  Duration write_timeout = 30s;   // for one batch of replies
  Duration accept_retry = 100ms;  // after a failed accept
  // How long Stop leaves idle connections open: a client that is just about to send its next
  // request gets an answer, with "Connection: close", instead of a reset.
  Duration drain_grace = 0ms;
  bool send_date = true;
  // Requests whose bodies the handler reads while they arrive (Request::upload), whatever their
  // size; null: none. Decides by the head alone.
  std::function<bool(const Request&)> uploads;
};

struct ServerStats {
  uint64_t accepted = 0;
  uint64_t refused = 0;    // by the limits on connections and memory
  uint64_t requests = 0;   // given to the handler
  uint64_t malformed = 0;  // answered with an error of ours
  uint64_t timed_out = 0;  // requests that did not arrive in time
};

// Owned by the node. All calls on fibers of env's scheduler.
class Server {
 public:
  Server(const env::Env& env, const ServerOptions& options, Handler handler);
  // Cancels what is still open and waits for it; the caller sees to it that Serve has returned.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts and serves until Stop (OK), until the fiber is cancelled (Cancelled) or until the
  // listener fails for good (Unavailable). May run on several fibers with a listener each.
  absl::Status Serve(std::unique_ptr<env::Listener> listener);

  // Closes listeners and, after the grace, idle connections, has parked requests answered, lets the
  // requests under way finish and their replies out, and suspends until every connection is gone
  // and Serve has returned. At the deadline, or when the caller is cancelled, the rest is
  // cancelled: DeadlineExceeded or Cancelled.
  absl::Status Stop(Instant deadline);

  size_t connection_count() const { return open_.size(); }
  // Of these, those that have no fiber.
  size_t parked_count() const { return parked_; }
  size_t request_bytes() const { return request_bytes_; }
  const ServerStats& stats() const { return stats_; }

 private:
  friend class Connection;

  // One connection, on a fiber of its own.
  void Run(std::unique_ptr<Connection> connection);
  void Park(std::unique_ptr<Connection> connection);
  bool MayPark() const { return !stopping_ && parked_ < options_.parked_max; }
  void Admit(std::unique_ptr<env::Stream> stream);
  void Refuse(std::unique_ptr<env::Stream> stream, int status, absl::string_view text);
  // The Date header of now; empty when switched off.
  absl::string_view Date();

  env::Env env_;
  ServerOptions options_;
  Handler handler_;
  ServerStats stats_;
  bool stopping_ = false;
  bool grace_is_over_ = false;
  std::vector<env::Listener*> listeners_;  // of the Serve calls under way, oldest first
  std::map<uint64_t, Connection*> open_;   // by order of arrival
  std::map<std::string, size_t> per_client_;
  uint64_t next_connection_ = 0;
  size_t parked_ = 0;
  size_t refusing_ = 0;
  size_t request_bytes_ = 0;  // the sum over open_ of what each has accounted for
  int64_t date_second_ = -1;
  std::string date_;
  fiber::WaitList stop_signal_;
  fiber::WaitList stops_;     // parked requests, which are to be answered then
  fiber::WaitList all_gone_;  // connections and Serve calls
  fiber::Group connections_;  // last: its fibers use everything above
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_SERVER_H_
