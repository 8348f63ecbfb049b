// Clients of the cluster: they speak HTTP to whatever server they like, over the simulated network,
// and write down what they asked and what they were told.
//
//   register  few keys, much contention: reads, writes, compare-and-set from a value just read
//   kv        many keys, values of various sizes: gets, puts, deletes, compare-and-set
//
// What a client does is drawn, or given as a list of steps; drawing makes such a list, and
// following it is the same run again, as long as nothing else changes.
//
// Every value written is unique in the run. A client picks a server by seed, stays with it for some
// operations, and leaves it after an error. Each operation has a time-out of its own. Reads are
// `default` or `consistent`, half and half unless the experiment says otherwise; `stale` ones
// promise too little to be checked here. A server that answers 429 has certainly done nothing.
//
// Times in the history are the world's, not those of the client's own clock, which may be wrong.
#ifndef KONSUL_SIM_WORKLOADS_CLIENT_H_
#define KONSUL_SIM_WORKLOADS_CLIENT_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "chaos/experiment.h"
#include "core/env/env.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/history.h"
#include "sim/workloads/kv_reply.h"

namespace konsul::workloads {

enum class Reads { kMixed, kDefault, kConsistent };

// What one client does; all weights zero means nothing.
struct Spec {
  std::string prefix = "reg";  // keys are "<prefix>/<number>"
  uint32_t keys = 8;
  Duration interval = 10ms;  // mean pause between two operations of this client
  uint64_t value_size_min = 8;
  uint64_t value_size_max = 8;
  uint32_t read = 5;
  uint32_t write = 3;
  uint32_t cas = 0;
  uint32_t remove = 0;
  Reads reads = Reads::kMixed;
  Duration timeout = 2s;  // of one operation, as the client's clock measures it
  bool scripted = false;  // does Shared::script until the heal
};

struct Counts {
  uint64_t ok = 0;
  uint64_t refused = 0;   // comparisons that failed
  uint64_t unknown = 0;   // no answer, or an error after the request was sent
  uint64_t not_sent = 0;  // nobody to talk to, or 429
};

// What all clients of a run share. Owned by the runner; outlives the client processes.
struct Shared {
  std::function<Duration()> now;  // the world's time
  std::vector<env::Endpoint> servers;
  checkers::History history;
  // "unexpected-reply": an answer that no request of a client can deserve.
  checkers::Findings* findings = nullptr;
  std::vector<Duration> last_acked_write;  // by client; negative before the first
  // The run wants to end: who has had no write acknowledged since then does nothing but write,
  // without a pause; the others write now and then.
  std::optional<Duration> hurry_since;
  bool stop = false;            // after the operation under way
  uint64_t values_written = 0;  // makes each value unique, also after a restart
  Counts counts;
  // By client, in order: what was done before the heal, and what a scripted client is to do.
  std::vector<std::vector<chaos::Step>> done;
  std::vector<std::vector<chaos::Step>> script;
  std::vector<size_t> next_step;  // in script
};

// Runs client number `client` on the calling fiber until `shared.stop` or cancellation.
void RunClient(const env::Env& env, const Spec& spec, uint32_t client, Shared& shared);

// All keys as a consistent read through one server shows them.
absl::StatusOr<std::vector<KvItem>> ReadAll(const env::Env& env, const env::Endpoint& server,
                                            Instant deadline);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_CLIENT_H_
