// A server finds again what it was told to be durable: after a restart or a power loss its hard
// state and its log are those of the last durable batch, or of one of the batches that were being
// written when it stopped, in order.
//
// Trusts that Observer::OnPersisted means what the consensus core was told. So it finds storage
// that lies and a server that reports too early; it does not check that messages wait for the
// report (election_safety.h and log_safety.h see the consequences).
#ifndef KONSUL_SIM_CHECKERS_DURABILITY_H_
#define KONSUL_SIM_CHECKERS_DURABILITY_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

class Durability {
 public:
  explicit Durability(Findings& findings) : findings_(findings) {}

  // What a batch asks storage to keep.
  struct Batch {
    std::optional<raft::HardState> hard_state;
    Index first;  // of `entries`; meaningless when there are none
    std::vector<std::pair<Term, uint64_t>> entries;  // term and content hash
  };

  // A process starts with what it recovered.
  void OnStart(NodeId node, const raft::HardState& hard_state, absl::Span<const raft::Entry> log);
  // A batch was handed out to be written.
  void OnBatch(NodeId node, const raft::Ready& ready);
  // The oldest batch not yet durable now is; returns it. Nullopt when none is under way.
  std::optional<Batch> OnPersisted(NodeId node);

 private:
  struct Image {
    raft::HardState hard_state;
    std::vector<std::pair<Term, uint64_t>> log;
    void Apply(const Batch& batch);
  };
  struct Server {
    Image durable;
    std::deque<Batch> in_flight;
    bool known = false;
  };

  Findings& findings_;
  std::map<NodeId, Server> servers_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_DURABILITY_H_
