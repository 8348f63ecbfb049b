#include "core/raft/quorum.h"

#include "core/base/mutation.h"

namespace konsul::raft {

VoteResult Tally(absl::Span<const Member> voters, const Votes& votes) {
  const size_t majority = voters.size() / 2 + 1;
  size_t granted = 0;
  size_t open = 0;
  for (const Member& voter : voters) {
    auto vote = votes.find(voter.id);
    if (vote == votes.end()) {
      ++open;
    } else if (vote->second) {
      ++granted;
    }
  }
  if (granted >= majority) return VoteResult::kWon;
  return granted + open >= majority ? VoteResult::kPending : VoteResult::kLost;
}

VoteResult Tally(const Configuration& configuration, const Votes& votes) {
  if (mutation::On(Mutation::kOneVoteCounter) && configuration.joint()) {
    return Tally(configuration.EitherVoters(), votes);
  }
  const VoteResult incoming = Tally(absl::MakeConstSpan(configuration.voters), votes);
  if (!configuration.joint() || incoming == VoteResult::kLost) return incoming;
  const VoteResult outgoing = Tally(absl::MakeConstSpan(configuration.outgoing), votes);
  if (outgoing == VoteResult::kWon || outgoing == incoming) return incoming;
  return outgoing;
}

}  // namespace konsul::raft
