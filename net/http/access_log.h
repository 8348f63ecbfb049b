// A name for every request, and a line in the log for those that somebody wants to know of.
//
// The name is what the client sent as X-Request-Id, or one of our own; it is answered in the same
// header and stands in the line, so that both sides talk of the same request
// (docs/formats/http.md).
#ifndef KONSUL_NET_HTTP_ACCESS_LOG_H_
#define KONSUL_NET_HTTP_ACCESS_LOG_H_

#include <cstdint>
#include <string>

#include "core/env/env.h"
#include "net/http/message.h"

namespace konsul::http {

struct AccessLogOptions {
  // A request that took longer, the time that it was parked not counted, is told at level info.
  // 0: none is.
  Duration slow = 1s;
  // Lines above debug in one second; of what is left out the next line gives the number. A cluster
  // without a leader fails every request, and the log must not be what it dies of.
  uint32_t told_max = 10;
};

// Owned by the composition root; outlives the server that uses its handler. Fibers of env's
// scheduler only.
class AccessLog {
 public:
  // `options` is looked at anew for every request, so it may change; outlives this.
  AccessLog(const env::Env& env, const AccessLogOptions& options);
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // `handler` with names and lines. Refers to this object.
  Handler Around(Handler handler);

 private:
  Response Handle(const Handler& handler, const Request& request);
  std::string NameOf(const Request& request);
  void Tell(const Request& request, const Response& response, absl::string_view id, Duration took,
            Duration worked);
  // Whether one more line above debug fits into this second.
  bool MayTell();

  env::Env env_;
  const AccessLogOptions& options_;
  env::Random random_;
  Instant second_ = Instant::Past();  // when it began in which `told_` lines were written
  uint32_t told_ = 0;
  uint64_t left_out_ = 0;  // since the last line
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_ACCESS_LOG_H_
