// Election safety (paper 5.2): at most one leader per term, and at most one vote per server and
// term, over all restarts: of those that are durable on its disk and those that reached somebody.
//
// A vote counts once it is durable: a hard state that was handed out but not yet written when the
// process died binds nobody, because no message that depends on it has left.
//
// Does not check: that votes go only to candidates with complete logs (log_safety.h sees the
// consequence), pre-votes (they bind nobody), or that there is a leader at all (liveness.h).
#ifndef KONSUL_SIM_CHECKERS_ELECTION_SAFETY_H_
#define KONSUL_SIM_CHECKERS_ELECTION_SAFETY_H_

#include <map>
#include <utility>

#include "core/raft/ready.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

class ElectionSafety {
 public:
  explicit ElectionSafety(Findings& findings) : findings_(findings) {}

  // After every input of a server.
  void OnStatus(const raft::Status& status);
  // `state` is durable on `node` now.
  void OnDurableVote(NodeId node, const raft::HardState& state);
  // A vote left `from` for `candidate`: whatever storage says, this one binds.
  void OnGrantedVote(NodeId from, Term term, NodeId candidate);

  // Durably: a reply that was sent too early does not count.
  bool Voted(NodeId node, Term term, NodeId candidate) const {
    const auto it = durable_votes_.find({node, term});
    return it != durable_votes_.end() && it->second == candidate;
  }
  size_t terms_with_leader() const { return leaders_.size(); }

 private:
  void Vote(NodeId node, Term term, NodeId candidate);

  Findings& findings_;
  std::map<Term, NodeId> leaders_;
  std::map<std::pair<NodeId, Term>, NodeId> votes_;          // durable or granted
  std::map<std::pair<NodeId, Term>, NodeId> durable_votes_;  // the latest
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_ELECTION_SAFETY_H_
