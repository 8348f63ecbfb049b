#include "sim/checkers/election_safety.h"

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

void ElectionSafety::OnStatus(const raft::Status& status) {
  if (status.role != raft::Role::kLeader) return;
  const auto [it, inserted] = leaders_.emplace(status.term, status.id);
  if (!inserted && it->second != status.id) {
    findings_.Report("election-safety", absl::StrCat("term ", status.term.value,
                                                     " has two leaders: ", ToHex(it->second.value),
                                                     " and ", ToHex(status.id.value)));
  }
}

void ElectionSafety::OnDurableVote(NodeId node, const raft::HardState& state) {
  if (state.vote == NodeId(0)) return;
  durable_votes_[{node, state.term}] = state.vote;
  Vote(node, state.term, state.vote);
}

void ElectionSafety::OnGrantedVote(NodeId from, Term term, NodeId candidate) {
  Vote(from, term, candidate);
}

void ElectionSafety::Vote(NodeId node, Term term, NodeId candidate) {
  const auto [it, inserted] = votes_.emplace(std::make_pair(node, term), candidate);
  if (!inserted && it->second != candidate) {
    findings_.Report("election-safety",
                     absl::StrCat(ToHex(node.value), " voted twice in term ", term.value, ": for ",
                                  ToHex(it->second.value), " and for ", ToHex(candidate.value)));
    it->second = candidate;
  }
}

}  // namespace konsul::checkers
