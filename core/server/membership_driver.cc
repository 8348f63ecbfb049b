#include "core/server/membership_driver.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/probe.h"
#include "core/base/status.h"

namespace konsul::server {
namespace {

// What a request waits between looks at a change that somebody else has under way.
constexpr Duration kBusyPause = 10ms;
constexpr Duration kPromotionTimeout = 5s;

void Erase(std::vector<raft::Member>& members, NodeId id) {
  std::erase_if(members, [id](const raft::Member& member) { return member.id == id; });
}

void Insert(std::vector<raft::Member>& members, const raft::Member& member) {
  const auto at =
      std::lower_bound(members.begin(), members.end(), member.id,
                       [](const raft::Member& each, NodeId id) { return each.id < id; });
  members.insert(at, member);
}

}  // namespace

MembershipDriver::MembershipDriver(const env::Env& env, const raft::Options& options,
                                   RaftDriver& driver, Applier& applier)
    : env_(env), options_(options), driver_(driver), applier_(applier) {}

absl::Status MembershipDriver::Add(const raft::Member& member, Instant deadline) {
  return Apply(
      [&](raft::Configuration target) -> absl::StatusOr<raft::Configuration> {
        for (std::vector<raft::Member>* list : {&target.voters, &target.learners}) {
          for (raft::Member& each : *list) {
            if (each.id != member.id) continue;
            each = member;
            return target;
          }
        }
        // It gets the log first: a voter without one would be missing in every majority
        // (thesis 4.2.1). Whoever began to learn at this address is gone.
        std::erase_if(target.learners, [&](const raft::Member& learner) {
          return learner.address == member.address;
        });
        Insert(target.learners, member);
        return target;
      },
      deadline);
}

absl::Status MembershipDriver::Remove(NodeId id, Instant deadline) {
  return Apply(
      [&](raft::Configuration target) -> absl::StatusOr<raft::Configuration> {
        if (!target.IsMember(id) && target.IsRetired(id)) return target;
        if (!target.IsMember(id)) {
          return absl::NotFoundError(absl::StrCat("server ", ToHex(id.value), " is not a member"));
        }
        Erase(target.voters, id);
        Erase(target.learners, id);
        if (target.voters.empty()) {
          return absl::FailedPreconditionError(
              "the last voter cannot be removed; stop it and delete its data instead");
        }
        return target;
      },
      deadline);
}

absl::Status MembershipDriver::Apply(Change change, Instant deadline) {
  while (true) {
    const raft::Status status = driver_.raft().status();
    if (status.role != raft::Role::kLeader) {
      return absl::UnavailableError("this server is not the leader");
    }
    // A change under way, perhaps this very one asked for before, comes to its end first.
    KONSUL_RETURN_IF_ERROR(AwaitFinal(deadline));
    const raft::Configuration current = driver_.raft().configuration();
    KONSUL_ASSIGN_OR_RETURN(const raft::Configuration target, change(current));
    if (target == current) return absl::OkStatus();
    KONSUL_RETURN_IF_ERROR(AwaitQuorumOf(target));
    if (driver_.raft().configuration() != current) continue;
    const auto proposed = driver_.ProposeConfiguration(target);
    if (proposed.ok()) {
      KONSUL_RETURN_IF_ERROR(applier_.AwaitResult(*proposed, deadline).status());
      return AwaitFinal(deadline);
    }
    // Busy, or only just elected; everything else is final.
    const bool busy = absl::IsUnavailable(proposed.status()) &&
                      driver_.raft().status().role == raft::Role::kLeader;
    if (!busy) return proposed.status();
    if (env_.After(kBusyPause) >= deadline) return proposed.status();
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kBusyPause));
  }
}

// A change that the voters to come could not commit would never end, and nothing else could be
// committed meanwhile: better to refuse it while the old voters can still do something else. Only
// what is heard from now on counts, since a server may have died a moment ago.
absl::Status MembershipDriver::AwaitQuorumOf(const raft::Configuration& target) {
  const Instant asked = env_.clock.Now();
  const Instant patience = asked + 2 * options_.election_timeout;
  while (true) {
    const std::vector<std::string> silent = SilentSince(asked, target);
    if (target.voters.size() - silent.size() > target.voters.size() / 2) return absl::OkStatus();
    if (env_.clock.Now() >= patience) {
      probe::Reached(Probe::kMembershipWithoutQuorum);
      return absl::FailedPreconditionError(
          absl::StrCat("the ", target.voters.size(),
                       " voters that would remain have no majority: ", absl::StrJoin(silent, ", "),
                       " cannot be reached; bring them back, or remove them first"));
    }
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kBusyPause));
  }
}

std::vector<std::string> MembershipDriver::SilentSince(Instant begin,
                                                       const raft::Configuration& target) const {
  std::set<NodeId> heard = {driver_.raft().status().id};
  for (const raft::FollowerStatus& follower : driver_.raft().followers()) {
    if (follower.heard >= begin) heard.insert(follower.id);
  }
  std::vector<std::string> silent;
  for (const raft::Member& voter : target.voters) {
    if (heard.count(voter.id) == 0) silent.push_back(voter.name);
  }
  return silent;
}

absl::Status MembershipDriver::AwaitFinal(Instant deadline) {
  while (true) {
    const Index at = driver_.raft().status().configuration_index;
    if (!driver_.raft().configuration().joint() && applier_.applied() >= at) {
      return absl::OkStatus();
    }
    // The final one is appended when the joint one is committed, so before it is applied.
    if (applier_.applied() >= at) {
      return absl::UnavailableError("the leadership was lost in the middle of the change");
    }
    KONSUL_RETURN_IF_ERROR(applier_.AwaitApplied(at, deadline));
  }
}

absl::Status MembershipDriver::Transfer(NodeId to, Instant deadline) {
  const NodeId self = driver_.raft().status().id;
  KONSUL_RETURN_IF_ERROR(driver_.TransferLeadership(to));
  // Given up by consensus after one election time-out; another one for the election itself.
  const Instant patience = std::min(deadline, env_.After(2 * options_.election_timeout));
  const absl::Status status = driver_.AwaitLeaderOtherThan(self, patience);
  if (!absl::IsDeadlineExceeded(status)) return status;
  return absl::AbortedError(
      "the leadership could not be handed over in time; this server goes on leading");
}

// ---- Learners -----------------------------------------------------------------------------------

absl::Status MembershipDriver::Run() {
  while (true) {
    const auto has_learners = [this] {
      return driver_.raft().status().role == raft::Role::kLeader &&
             !driver_.raft().configuration().learners.empty();
    };
    if (!has_learners()) {
      rounds_.clear();
      KONSUL_RETURN_IF_ERROR(driver_.AwaitChange(has_learners));
    }
    const absl::Status status = PromoteLearners();
    if (absl::IsCancelled(status)) return status;
    KONSUL_RETURN_IF_ERROR(env_.Sleep(options_.heartbeat_interval));
  }
}

// Thesis 4.2.1: a learner has caught up when it got, within an election time-out, all that the log
// had at the beginning of that time. If it became a voter earlier, commits might have to wait for
// it.
absl::Status MembershipDriver::PromoteLearners() {
  const raft::Configuration& current = driver_.raft().configuration();
  if (current.joint() || current.learners.empty()) return absl::OkStatus();
  const Instant now = env_.clock.Now();
  const Index last = driver_.raft().status().last_index;
  std::vector<raft::Member> ready;
  for (const raft::FollowerStatus& follower : driver_.raft().followers()) {
    if (!current.IsLearner(follower.id)) continue;
    const auto [round, is_new] = rounds_.try_emplace(follower.id, Round{last, now});
    if (is_new || follower.match < round->second.target) continue;
    if (now - round->second.began <= options_.election_timeout) {
      ready.push_back(*current.Find(follower.id));
    } else {
      probe::Reached(Probe::kLearnerTooSlow);
    }
    round->second = {last, now};
  }
  if (ready.empty()) return absl::OkStatus();
  return Apply(
      [&](raft::Configuration target) -> absl::StatusOr<raft::Configuration> {
        for (const raft::Member& member : ready) {
          if (!target.IsLearner(member.id)) continue;
          Erase(target.learners, member.id);
          // Whoever was at this address lost its data and came back as somebody new. One step
          // replaces it, so that the number of voters stays as it was.
          const size_t replaced = std::erase_if(target.voters, [&](const raft::Member& voter) {
            return voter.address == member.address;
          });
          if (replaced > 0) probe::Reached(Probe::kMemberReplaced);
          Insert(target.voters, member);
          env_.logger.Info("membership", "a server has caught up and becomes a voter",
                           {{"server", ToHex(member.id.value)}, {"name", member.name}});
        }
        return target;
      },
      env_.After(kPromotionTimeout));
}

// ---- Looking ------------------------------------------------------------------------------------

Membership MembershipDriver::Look() const {
  const raft::Raft& raft = driver_.raft();
  const raft::Status status = raft.status();
  const raft::Configuration& configuration = raft.configuration();
  Membership view{.configuration_index = status.configuration_index,
                  .joint = configuration.joint(),
                  .last_index = status.last_index,
                  .term = status.term};
  std::map<NodeId, raft::FollowerStatus> followers;
  for (const raft::FollowerStatus& follower : raft.followers()) {
    followers.emplace(follower.id, follower);
  }
  for (const raft::Member& member : configuration.Members()) {
    const auto in = [&](const std::vector<raft::Member>& list) {
      return std::any_of(list.begin(), list.end(),
                         [&](const raft::Member& each) { return each.id == member.id; });
    };
    Peer peer{.member = member,
              .voter = in(configuration.voters),
              .leaving = in(configuration.outgoing) && !in(configuration.voters),
              .leader = member.id == status.leader};
    if (const auto found = followers.find(member.id); found != followers.end()) {
      peer.progress = Peer::Progress{found->second.match, env_.clock.Now() - found->second.heard,
                                     found->second.snapshot};
    }
    view.peers.push_back(std::move(peer));
  }
  return view;
}

}  // namespace konsul::server
