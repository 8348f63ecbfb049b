// Whoever decides for the cluster does so for all of it (thesis 4): the configurations that follow
// each other in a log leave no room for two majorities that know nothing of each other.
//
//   overlap   every quorum of a configuration shares a server with every quorum of the next one; a
//             joint configuration needs a majority of the old and of the new voters
//   one step  a leader begins the next change only when the previous one is committed
//   joint     a joint configuration leads to its new half and to nothing else
//   retired   who was a member and is none any more is on the list of the retired, stays there, and
//             is not admitted again
//   leaders   whoever leads is a voter of the configuration in its log, or, as long as it does not
//             know that this is committed, of the one before (thesis 4.2.2)
//
// Does not check: that quorums were really asked (quorums.h does), nor that a change ever ends
// (liveness.h does).
#ifndef KONSUL_SIM_CHECKERS_CONFIGURATION_SAFETY_H_
#define KONSUL_SIM_CHECKERS_CONFIGURATION_SAFETY_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/raft/configuration.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

// Whether there are a quorum of `a` and a quorum of `b` without a common server. Both at most some
// twenty servers together.
bool MayDecideApart(const raft::Configuration& a, const raft::Configuration& b);

class ConfigurationSafety {
 public:
  explicit ConfigurationSafety(Findings& findings) : findings_(findings) {}

  // The log of a server begins, in a new process or because a snapshot took its place: this
  // configuration held at its base (0: none).
  void OnBase(NodeId node, Index at, const raft::Configuration& configuration);
  // Entries of a server's log, in order; those at or behind the first one that were told before are
  // gone. `status` as it is after that.
  void OnEntries(const raft::Status& status, absl::Span<const raft::Entry> entries);
  // After every input.
  void OnStatus(const raft::Status& status);
  void OnCommit(absl::Span<const raft::Entry> entries);

  // What has been in force in a server's log from `from` on, in order.
  std::vector<const raft::Configuration*> InForce(NodeId node, Index from) const;
  // What is known to be committed; empty before the first.
  const raft::Configuration& committed() const { return committed_; }
  Index committed_index() const { return committed_index_; }
  // How many configurations leaders have appended.
  size_t changes() const { return seen_.size(); }

 private:
  struct Held {
    Index index;
    raft::Configuration value;
  };
  void CheckChange(const raft::Status& status, const Held& before, const Held& next);
  void Report(const raft::Status& status, const std::string& what);

  Findings& findings_;
  std::map<NodeId, std::vector<Held>> logs_;
  std::set<std::pair<Index, Term>> seen_;  // entries that were checked when they were first seen
  std::map<NodeId, Term> led_;             // the last term that a server was seen to lead
  Index committed_index_;
  raft::Configuration committed_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_CONFIGURATION_SAFETY_H_
