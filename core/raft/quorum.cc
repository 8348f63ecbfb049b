#include "core/raft/quorum.h"

namespace konsul::raft {

VoteResult Tally(absl::Span<const NodeId> voters, const Votes& votes) {
  const size_t majority = voters.size() / 2 + 1;
  size_t granted = 0;
  size_t open = 0;
  for (NodeId voter : voters) {
    auto vote = votes.find(voter);
    if (vote == votes.end()) {
      ++open;
    } else if (vote->second) {
      ++granted;
    }
  }
  if (granted >= majority) return VoteResult::kWon;
  return granted + open >= majority ? VoteResult::kPending : VoteResult::kLost;
}

}  // namespace konsul::raft
