// A complete server on an environment: everything that a konsul process is, except for the
// operating system. cmd/konsul runs it on the reactor, sim/cluster runs it in the simulated world;
// neither adds anything to it, so what the simulator tests is what operators run.
#ifndef KONSUL_CMD_NODE_NODE_H_
#define KONSUL_CMD_NODE_NODE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cmd/node/stop.h"
#include "core/api/agent_process.h"
#include "core/api/stream.h"
#include "core/env/env.h"
#include "core/raft/raft.h"
#include "core/server/observer.h"
#include "core/server/server.h"
#include "core/state/change_log.h"
#include "net/http/access_log.h"

namespace konsul::node {

struct Options {
  std::string name;                       // -node
  std::string datacenter = "dc1";         // -datacenter
  std::string version;                    // of the program, for those who ask; empty: not told
  env::Endpoint server_address;           // RPC: -bind and -server-port
  env::Endpoint http_address;             // -client and -http-port
  uint32_t bootstrap_expect = 1;          // -bootstrap-expect; 1 for -dev
  std::vector<env::Endpoint> retry_join;  // -retry-join
  raft::Options raft;
  // How many times longer than on a LAN an answer of another server may take; 1 or more. As the
  // times in `raft` were multiplied.
  uint32_t patience = 1;
  server::SnapshotOptions snapshots;
  uint64_t wal_segment_bytes = 64 << 20;

  // The table store's directory in the file system, and how to treat it (storage/lmdb/store.h).
  std::string tables_path;
  bool tables_in_memory = false;
  // Changes when the machine lost power; the table store is rebuilt then.
  std::string boot_id;

  size_t restore_piece_bytes = 256 << 10;               // api::Options
  Duration session_ttl_min = std::chrono::seconds(10);  // api::Options

  // The process around the node, for those who ask; null: there is none.
  api::AgentProcess* process = nullptr;
  // May change while the node runs; null: the defaults.
  const http::AccessLogOptions* access_log = nullptr;
  state::ChangeLog::Options changes;  // how much history is kept for streams
  api::Streams::Options streams;

  server::Observer* observer = nullptr;  // for checkers
  // Ends the node in good order: the leadership is handed over, requests under way are answered.
  Stop* stop = nullptr;
  // Called once both ports are bound and the log is recovered.
  std::function<void()> on_serving;
};

// Runs the node on the calling fiber until it is asked to stop (OK), until that fiber is cancelled
// (OK: the node ends at once), or until the node cannot go on (the error says what, where and what
// to do). Everything is released on return.
absl::Status Run(const env::Env& env, const Options& options);

}  // namespace konsul::node

#endif  // KONSUL_CMD_NODE_NODE_H_
