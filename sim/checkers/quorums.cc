#include "sim/checkers/quorums.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {
namespace {

std::string Who(const raft::Configuration& configuration, absl::FunctionRef<bool(NodeId)> agrees) {
  std::string out;
  for (const auto* list : {&configuration.voters, &configuration.outgoing}) {
    if (list->empty()) continue;
    absl::StrAppend(&out, out.empty() ? "of " : " and of ");
    for (const raft::Member& member : *list) {
      absl::StrAppend(&out, &member == &list->front() ? "" : ",", member.name,
                      agrees(member.id) ? "(yes)" : "(no)");
    }
  }
  return out;
}

}  // namespace

bool Quorums::Quorum(const raft::Configuration& configuration, Agrees agrees) {
  for (const auto* list : {&configuration.voters, &configuration.outgoing}) {
    const auto yes = std::count_if(list->begin(), list->end(),
                                   [&](const raft::Member& m) { return agrees(m.id); });
    if (!list->empty() && static_cast<size_t>(yes) * 2 <= list->size()) return false;
  }
  return true;
}

void Quorums::OnStatus(const raft::Status& status, const raft::Configuration& configuration) {
  if (status.role != raft::Role::kLeader || led_[status.id] == status.term) return;
  led_[status.id] = status.term;
  const auto voted = [&](NodeId id) { return elections_.Voted(id, status.term, status.id); };
  if (Quorum(configuration, voted)) return;
  findings_.Report("quorums",
                   absl::StrCat(ToHex(status.id.value), " leads term ", status.term.value,
                                " without the durable votes of a "
                                "quorum ",
                                Who(configuration, voted)));
}

void Quorums::OnCommit(const raft::Status& status, absl::Span<const raft::Entry> entries,
                       InForce in_force) {
  if (status.role != raft::Role::kLeader) return;
  for (const raft::Entry& entry : entries) {
    if (entry.term != status.term) continue;
    const auto has = [&](NodeId id) { return durability_.Has(id, {entry.index, entry.term}); };
    const std::vector<const raft::Configuration*> configurations = in_force(status.id, entry.index);
    if (configurations.empty() ||
        std::any_of(configurations.begin(), configurations.end(),
                    [&](const raft::Configuration* each) { return Quorum(*each, has); })) {
      continue;
    }
    findings_.Report("quorums", absl::StrCat(ToHex(status.id.value), " commits entry ",
                                             entry.index.value, " of its term ", status.term.value,
                                             " without a quorum that has it durably ",
                                             Who(*configurations.front(), has)));
    return;
  }
}

}  // namespace konsul::checkers
