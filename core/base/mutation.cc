#include "core/base/mutation.h"

namespace konsul::mutation {

#ifdef KONSUL_MUTANTS
namespace {
Mutation active = Mutation::kNone;
}  // namespace

bool On(Mutation m) { return active == m; }
void Activate(Mutation m) { active = m; }
#endif

const std::vector<Named>& All() {
  static const auto* const all = new std::vector<Named>{
      {Mutation::kAckBeforeSync, "ack-before-sync",
       "a server acknowledges log entries before they are durable"},
      {Mutation::kForgetVote, "forget-vote", "the vote does not survive a restart"},
      {Mutation::kCommitOlderTerm, "commit-older-term",
       "an entry of an older term is committed by counting replicas"},
      {Mutation::kReadWithoutQuorum, "read-without-quorum",
       "a leader answers reads without confirming that it still leads"},
  };
  return *all;
}

std::optional<Mutation> ByName(absl::string_view name) {
  for (const Named& named : All()) {
    if (named.name == name) return named.mutation;
  }
  return std::nullopt;
}

}  // namespace konsul::mutation
