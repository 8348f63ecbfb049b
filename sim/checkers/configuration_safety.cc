#include "sim/checkers/configuration_safety.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"

namespace konsul::checkers {
namespace {

constexpr size_t kServersMax = 24;

// Positions of servers, as bits.
using Group = uint32_t;

class Universe {
 public:
  Universe(const raft::Configuration& a, const raft::Configuration& b) {
    for (const raft::Configuration* each : {&a, &b}) {
      for (const auto* list : {&each->voters, &each->outgoing}) {
        for (const raft::Member& member : *list) ids_.insert(member.id);
      }
    }
    KONSUL_CHECK(ids_.size() <= kServersMax, "too many servers to look at all groups of them");
  }
  size_t size() const { return ids_.size(); }
  Group GroupOf(const std::vector<raft::Member>& members) const {
    Group group = 0;
    for (const raft::Member& member : members) {
      group |= Group{1} << std::distance(ids_.begin(), ids_.find(member.id));
    }
    return group;
  }

 private:
  std::set<NodeId> ids_;
};

int Count(Group group) { return __builtin_popcount(group); }

struct Rule {
  Group voters;
  Group outgoing;
  bool IsQuorum(Group group) const {
    if (Count(group & voters) * 2 <= Count(voters)) return false;
    return outgoing == 0 || Count(group & outgoing) * 2 > Count(outgoing);
  }
};

std::string Describe(const raft::Configuration& configuration) {
  const auto ids = [](const std::vector<raft::Member>& members) {
    return absl::StrJoin(members, ",", [](std::string* out, const raft::Member& member) {
      absl::StrAppend(out, member.name);
    });
  };
  std::string out = absl::StrCat("{", ids(configuration.voters));
  if (configuration.joint()) absl::StrAppend(&out, " and ", ids(configuration.outgoing));
  if (!configuration.learners.empty()) absl::StrAppend(&out, "; ", ids(configuration.learners));
  return out + "}";
}

bool SameVoters(const std::vector<raft::Member>& a, const std::vector<raft::Member>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const raft::Member& x, const raft::Member& y) { return x.id == y.id; });
}

}  // namespace

bool MayDecideApart(const raft::Configuration& a, const raft::Configuration& b) {
  const Universe universe(a, b);
  const Rule rule_a{universe.GroupOf(a.voters), universe.GroupOf(a.outgoing)};
  const Rule rule_b{universe.GroupOf(b.voters), universe.GroupOf(b.outgoing)};
  const Group all = (Group{1} << universe.size()) - 1;
  for (Group group = 0; group <= all; ++group) {
    if (rule_a.IsQuorum(group) && rule_b.IsQuorum(all & ~group)) return true;
  }
  return false;
}

void ConfigurationSafety::Report(const raft::Status& status, const std::string& what) {
  findings_.Report("configuration-safety", absl::StrCat(ToHex(status.id.value), ", leading term ",
                                                        status.term.value, ", ", what));
}

void ConfigurationSafety::OnBase(NodeId node, Index at, const raft::Configuration& configuration) {
  std::vector<Held>& log = logs_[node];
  log.clear();
  if (at != Index(0)) log.push_back({at, configuration});
}

void ConfigurationSafety::OnEntries(const raft::Status& status,
                                    absl::Span<const raft::Entry> entries) {
  if (entries.empty()) return;
  std::vector<Held>& log = logs_[status.id];
  while (!log.empty() && log.back().index >= entries.front().index) log.pop_back();
  for (const raft::Entry& entry : entries) {
    if (entry.kind != raft::EntryKind::kConfiguration) continue;
    auto configuration = raft::Configuration::Decode(*entry.payload);
    KONSUL_CHECK(configuration.ok(), configuration.status().ToString());
    Held next{entry.index, *std::move(configuration)};
    // A leader shows its own entries before anybody else can have them. The first one of all comes
    // from no leader.
    if (seen_.emplace(entry.index, entry.term).second && !log.empty()) {
      CheckChange(status, log.back(), next);
    }
    log.push_back(std::move(next));
  }
}

std::vector<const raft::Configuration*> ConfigurationSafety::InForce(NodeId node,
                                                                     Index from) const {
  std::vector<const raft::Configuration*> out;
  const auto log = logs_.find(node);
  if (log == logs_.end()) return out;
  for (auto held = log->second.rbegin(); held != log->second.rend(); ++held) {
    out.insert(out.begin(), &held->value);
    if (held->index <= from) break;
  }
  return out;
}

void ConfigurationSafety::CheckChange(const raft::Status& status, const Held& before,
                                      const Held& next) {
  const raft::Configuration& from = before.value;
  const raft::Configuration& to = next.value;
  const std::string change = absl::StrCat("goes from ", Describe(from), " at ", before.index.value,
                                          " to ", Describe(to), " at ", next.index.value);
  if (MayDecideApart(from, to)) {
    Report(status, absl::StrCat(change, ": two majorities may decide apart"));
  }
  if (status.commit < before.index) {
    Report(status, absl::StrCat(change, " while the former is not committed (", status.commit.value,
                                " is)"));
  }
  if (from.joint() && (to.joint() || !SameVoters(from.voters, to.voters))) {
    Report(status, absl::StrCat(change, ": a joint configuration leads elsewhere"));
  }
  for (const raft::Member& member : from.Members()) {
    if (!to.IsMember(member.id) && !to.IsRetired(member.id)) {
      Report(status, absl::StrCat(change, " and forgets that ", member.name, " was a member"));
    }
  }
  for (const NodeId id : from.retired) {
    if (!to.IsRetired(id)) {
      Report(status, absl::StrCat(change, " and forgets that ", ToHex(id.value), " is retired"));
    }
    if (to.IsMember(id) && !from.IsMember(id)) {
      Report(status, absl::StrCat(change, " and admits ", ToHex(id.value), " again"));
    }
  }
}

void ConfigurationSafety::OnStatus(const raft::Status& status) {
  if (status.role != raft::Role::kLeader || led_[status.id] == status.term) return;
  led_[status.id] = status.term;
  const std::vector<Held>& log = logs_[status.id];
  if (!log.empty() && log.back().value.IsVoter(status.id)) return;
  const bool open = log.size() >= 2 && status.commit < log.back().index;
  if (open && log[log.size() - 2].value.IsVoter(status.id)) return;
  Report(status, absl::StrCat("is no voter: its configuration is ",
                              log.empty() ? "none" : Describe(log.back().value)));
}

void ConfigurationSafety::OnCommit(absl::Span<const raft::Entry> entries) {
  for (const raft::Entry& entry : entries) {
    if (entry.kind != raft::EntryKind::kConfiguration || entry.index <= committed_index_) continue;
    auto configuration = raft::Configuration::Decode(*entry.payload);
    KONSUL_CHECK(configuration.ok(), configuration.status().ToString());
    committed_index_ = entry.index;
    committed_ = *std::move(configuration);
  }
}

}  // namespace konsul::checkers
