// A server finds again what it was told to be durable: after a restart or a power loss its hard
// state and its log are those of the last durable batch, or of one of the batches that were being
// written when it stopped, in order.
//
// The beginning of the log may be missing where a snapshot replaces it: the server may have
// forgotten more, or less, of it than before. A snapshot beyond the end of the log, or one that
// contradicts it, is one that a leader had sent and that was complete when the process ended; the
// log is empty then. That the base is what was committed is log_safety.h's business.
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
    std::optional<raft::LogPosition> restore;  // first, the log gives way to a snapshot
    Index first;                               // of `entries`; meaningless when there are none
    std::vector<std::pair<Term, uint64_t>> entries;  // term and content hash
  };

  // A process starts with what it recovered: `log` begins right behind `base`.
  void OnStart(NodeId node, const raft::HardState& hard_state, const raft::LogPosition& base,
               absl::Span<const raft::Entry> log);
  // Somebody took the disk away on purpose: the next start is not compared.
  void Forget(NodeId node);
  // A batch was handed out to be written.
  void OnBatch(NodeId node, const raft::Ready& ready);
  // The oldest batch not yet durable now is; returns it. Nullopt when none is under way.
  std::optional<Batch> OnPersisted(NodeId node);
  // Whether the entry is durable there, or replaced by a durable snapshot. What was on a disk that
  // was taken away counts.
  bool Has(NodeId node, const raft::LogPosition& entry) const;

 private:
  struct Image {
    raft::HardState hard_state;
    raft::LogPosition base;
    std::vector<std::pair<Term, uint64_t>> log;  // [i] is index base + 1 + i

    // False when the entries do not follow or replace what is there.
    bool Apply(const Batch& batch);
    uint64_t end() const { return base.index.value + log.size(); }
    // Of an index from the base to the end.
    Term TermAt(uint64_t index) const;
    // Whether a process may find `found` where this was durable.
    bool Explains(const Image& found) const;
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
