// What every request handler needs of the server it runs on, and what every answer tells.
//
// Handlers are functions: a Context and a typed request in, a typed reply out. They suspend while
// the replicated log works, never hold a read transaction meanwhile (but for long_reads.h), and
// copy what they answer. Fibers of the server's scheduler only.
//
// Errors of all handlers: InvalidArgument when the request makes no sense, OutOfRange when a value
// is too large, and what server::Consensus or server::Operator returns. Texts are those of Consul,
// because clients match on them.
#ifndef KONSUL_CORE_API_CONTEXT_H_
#define KONSUL_CORE_API_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/env/clock.h"
#include "core/env/random.h"
#include "core/server/consensus.h"
#include "core/server/operator.h"
#include "core/state/table_store.h"

namespace konsul::api {

// Beyond these a server counts as unhealthy; the numbers are Consul's defaults.
struct HealthLimits {
  Duration last_contact_max = 200ms;
  uint64_t trailing_max = 250;  // entries behind the leader
};

struct Options {
  Duration write_timeout = 10s;       // until a command is applied
  Duration read_timeout = 10s;        // until a read may be answered
  Duration admin_timeout = 30s;       // until a change of members or leader is done
  Duration snapshot_timeout = 10min;  // until a snapshot is written
  size_t max_value_size = 512 * 1024;
  std::string datacenter = "dc1";  // the one that this server is in
  std::string version;             // of the program; empty: not told
  HealthLimits health = {};
  Duration session_ttl_min = 10s;          // Consul's session_ttl_min
  size_t restore_piece_bytes = 256 << 10;  // of rows in one command of a restore
};

// Makes names that nobody else has made. Owned by the composition root.
class IdSource {
 public:
  explicit IdSource(const env::Random& random) : random_(random.Fork("ids")) {}
  // A random UUID (RFC 9562, section 5.4).
  std::string NewUuid();
  uint64_t NewRandom() { return random_.Next(); }

 private:
  env::Random random_;
};

// What the HTTP server of this node has to do (docs/api/metrics.md).
struct HttpLoad {
  size_t connections = 0;  // open ones, parked or not
  size_t parked = 0;       // of these, those that wait without a fiber
  size_t request_bytes = 0;
  uint64_t accepted = 0, refused = 0, requests = 0, malformed = 0, timed_out = 0;
};

class AgentProcess;
class Blocking;
class BlockingQuery;
class LongReads;
class Streams;

// Copied freely; what it refers to outlives every handler.
struct Context {
  server::Consensus& consensus;
  server::Operator& cluster;
  state::TableStore& store;
  const env::Clock& clock;
  Options options = {};
  Blocking* blocking = nullptr;                   // null: no read waits, all are answered at once
  IdSource* ids = nullptr;                        // only handlers that make something need it
  Streams* streams = nullptr;                     // null: there are none
  LongReads* long_reads = nullptr;                // null: every read is done in one turn
  AgentProcess* process = nullptr;                // null: a server without a process of its own
  std::function<HttpLoad()> http_load = nullptr;  // null: not known

  Instant WriteDeadline() const { return clock.Now() + options.write_timeout; }
  Instant ReadDeadline() const { return clock.Now() + options.read_timeout; }
  Instant AdminDeadline() const { return clock.Now() + options.admin_timeout; }
  Instant SnapshotDeadline() const { return clock.Now() + options.snapshot_timeout; }
};

// How a read is to be answered.
struct ReadOptions {
  server::Consistency consistency = server::Consistency::kDefault;
  BlockingQuery* blocking = nullptr;  // the request that waits (blocking.h); null: none does
  // With kStale: how long ago this server may have heard from the leader at most; beyond, it is
  // asked after all. 0: any time.
  Duration stale_max{};
};

// Where an answer stands (the X-Consul-* headers of a read).
struct ReadMeta {
  Index index;  // of the query: the last change that concerns it; at least 1
  server::Consistency consistency = server::Consistency::kDefault;
  bool known_leader = false;
  Duration last_contact{};
};

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_CONTEXT_H_
