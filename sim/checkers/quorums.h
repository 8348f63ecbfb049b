// What needs a quorum has one, on disks (paper 5.2 and 5.3, thesis 4.3):
//   election   when a server begins to lead a term, a quorum of the configuration in its log has
//              durably voted for it in that term
//   commit     when a leader commits an entry of its term, a quorum has it durably
// A joint configuration needs a majority of its old voters and one of its new ones.
//
// Looks at the same disks as durability.h and trusts the same reports. Does not check who may vote
// for whom (log_safety.h sees the consequences), nor followers that commit what a leader tells
// them.
#ifndef KONSUL_SIM_CHECKERS_QUORUMS_H_
#define KONSUL_SIM_CHECKERS_QUORUMS_H_

#include <map>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "core/raft/configuration.h"
#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/election_safety.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

class Quorums {
 public:
  Quorums(const ElectionSafety& elections, const Durability& durability, Findings& findings)
      : elections_(elections), durability_(durability), findings_(findings) {}

  // After every input; `configuration` is the one in force there.
  void OnStatus(const raft::Status& status, const raft::Configuration& configuration);
  // Entries handed out to be applied. `in_force` tells which configurations have been in force in
  // the log of a server from an index on: under one of them the entry was committed.
  using InForce =
      absl::FunctionRef<std::vector<const raft::Configuration*>(NodeId node, Index from)>;
  void OnCommit(const raft::Status& status, absl::Span<const raft::Entry> entries,
                InForce in_force);

 private:
  using Agrees = absl::FunctionRef<bool(NodeId)>;
  static bool Quorum(const raft::Configuration& configuration, Agrees agrees);

  const ElectionSafety& elections_;
  const Durability& durability_;
  Findings& findings_;
  std::map<NodeId, Term> led_;  // the last term that a server was seen to lead
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_QUORUMS_H_
