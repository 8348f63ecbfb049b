// How long a cluster is without a leader, as its clients feel it, when the leader is lost.
//
// A round: clients write through both followers, steadily and lightly; the leader is killed, cut
// off or stopped; measured is the time from just before the fault to the first acknowledgement of a
// write that was sent after it. Then the lost server is brought back, and the next round begins
// once all three have caught up.
//
// The clients neither hide nor add anything: each has one attempt under way at any time, an attempt
// that fails is repeated at once, one that gets no answer is given up after a short while and
// repeated on a new connection, and at the moment of the fault those that pause between two writes
// are woken. They only go to the servers that survive: what a client loses by asking a dead server
// is its own time-out, not the cluster's.
#ifndef KONSUL_TESTS_BENCH_FAILOVER_H_
#define KONSUL_TESTS_BENCH_FAILOVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "tests/bench/own_cluster.h"
#include "tests/bench/private_network.h"

namespace konsul::bench {

enum class Fault {
  kKill,  // SIGKILL: the kernel ends its connections
  kCut,   // nothing from it or to it arrives any more; needs a PrivateNetwork
  kStop,  // SIGSTOP: it does nothing, while the kernel still takes what is sent to it
};

struct FailoverOptions {
  Fault fault = Fault::kKill;
  size_t clients_per_server = 4;
  Duration attempt_timeout = 30ms;
  Duration pace = 10ms;         // of each client while all is well
  Duration give_up = 10s;       // a round without an acknowledged write for so long has failed
  Duration heal_timeout = 60s;  // the cluster has to be well again by then
};

struct FailoverRound {
  size_t leader = 0;       // who was lost
  bool served = false;     // before `give_up`; the rest has no meaning otherwise
  Duration first_write{};  // until the first client had its acknowledgement
  Duration all_clients{};  // until each client had one
  uint64_t attempts = 0;   // sent after the fault until then
};

class Failover {
 public:
  // `network` may be null unless the fault is kCut.
  Failover(const env::Env& env, OwnCluster& cluster, PrivateNetwork* network,
           const FailoverOptions& options);

  // Suspends. An error means that the round could not be made or the cluster did not recover.
  absl::StatusOr<FailoverRound> Run();

 private:
  absl::Status Strike(size_t leader);
  absl::Status Heal(size_t leader);

  env::Env env_;
  OwnCluster& cluster_;
  PrivateNetwork* network_;
  FailoverOptions options_;
  uint64_t rounds_ = 0;
};

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_FAILOVER_H_
