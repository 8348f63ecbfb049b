// The leader hands over (thesis 3.10): it stops taking proposals, brings its successor up to date,
// and tells it to campaign at once. Everybody else goes along, since the vote request says that the
// leader wanted it. When that has not worked within an election timeout, the leader goes on.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/probe.h"
#include "core/raft/core.h"

namespace konsul::raft {

absl::Status Raft::Core::TransferLeadership(const Moment& moment, NodeId to) {
  if (role != Role::kLeader) return absl::UnavailableError("this server is not the leader");
  if (leadership->transfer) {
    return absl::FailedPreconditionError("the leadership is being handed over already");
  }
  if (to == NodeId(0)) to = FurthestVoter();
  if (to == NodeId(0)) return absl::NotFoundError("there is no other voter to hand over to");
  if (to == id) return absl::FailedPreconditionError("this server leads already");
  // Who is on its way out will not even be told when this has failed.
  const std::vector<Member>& voters = configuration().voters;
  if (std::none_of(voters.begin(), voters.end(),
                   [to](const Member& voter) { return voter.id == to; })) {
    return absl::NotFoundError(absl::StrCat("server ", ToHex(to.value), " is not a voter"));
  }
  leadership->transfer = Leadership::Transfer{to, moment.now + options.election_timeout};
  TransferStep();
  return absl::OkStatus();
}

// Of those that will still be voters, and that have answered lately; 0 when there is none.
NodeId Raft::Core::FurthestVoter() const {
  NodeId best;
  const Progress* furthest = nullptr;
  for (const Member& voter : configuration().voters) {
    if (voter.id == id) continue;
    const Progress& follower = leadership->followers.at(voter.id);
    if (furthest == nullptr || follower.match() > furthest->match() ||
        (follower.match() == furthest->match() && follower.heard > furthest->heard)) {
      best = voter.id;
      furthest = &follower;
    }
  }
  return best;
}

// Called whenever the successor may have caught up.
void Raft::Core::TransferStep() {
  std::optional<Leadership::Transfer>& transfer = leadership->transfer;
  if (!transfer || transfer->told) return;
  const auto found = leadership->followers.find(transfer->to);
  KONSUL_CHECK(found != leadership->followers.end(), "the successor is gone");
  if (found->second.match() < log.last_index()) {
    probe::Reached(Probe::kTransferAwaited);
    return;
  }
  transfer->told = true;
  SendTimeoutNow(transfer->to);
}

// From here on somebody may lead without waiting for anybody's promise, and it cannot be taken
// back: the message may arrive at any later time within this term. So there is no lease any more.
void Raft::Core::SendTimeoutNow(NodeId to) {
  leadership->lease_released = true;
  Send(to, hard_state.term, TimeoutNow{});
}

void Raft::Core::HandleTimeoutNow(const Moment& moment, const Message& message) {
  // Of this term, and so from its leader. A disk that cannot keep up would only cost time.
  if (message.term != hard_state.term || role != Role::kFollower || !MayCampaign()) return;
  if (leader != NodeId(0) && leader != message.from) return;
  if (!HardStateIsDurable()) return;
  probe::Reached(Probe::kCampaignByTransfer);
  Campaign(moment, /*transfer=*/true);
}

}  // namespace konsul::raft
