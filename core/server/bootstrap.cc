#include "core/server/bootstrap.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/hash.h"

namespace konsul::server {
namespace {

// More servers than anybody bootstraps with; a foreign introduction cannot make the view grow on.
constexpr size_t kMembersMax = 64;

std::vector<NodeId> IdsOf(const std::vector<raft::Member>& members) {
  std::vector<NodeId> ids;
  for (const raft::Member& member : members) ids.push_back(member.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace

BootstrapView::BootstrapView(const raft::Member& self, uint32_t expect)
    : self_(self.id), expect_(expect) {
  members_.emplace(self.id, self);
}

void BootstrapView::Add(const Introduction& peer) {
  const auto add = [this](const raft::Member& member) {
    if (member.id == NodeId() || member.id == self_) return;
    if (members_.size() < kMembersMax || members_.contains(member.id)) members_[member.id] = member;
  };
  for (const raft::Member& member : peer.view) add(member);
  add({peer.id, peer.name, peer.address});
  if (peer.id != self_ && members_.contains(peer.id)) {
    said_[peer.id] = Said{IdsOf(peer.view), peer.cluster, peer.log_end};
  }
}

std::vector<raft::Member> BootstrapView::members() const {
  std::vector<raft::Member> members;
  for (const auto& [id, member] : members_) members.push_back(member);
  return members;
}

raft::Configuration BootstrapView::Agreed(ClusterId stored) const {
  if (members_.size() != expect_) return {};
  raft::Configuration configuration{members()};
  const ClusterId cluster = ClusterIdOf(configuration);
  if (stored != ClusterId() && stored != cluster) return {};
  const std::vector<NodeId> ids = IdsOf(configuration.voters);
  for (const NodeId id : ids) {
    if (id == self_) continue;
    const auto said = said_.find(id);
    if (said == said_.end() || said->second.log_end > Index(1)) return {};
    // One that has bootstrapped already shows its cluster instead of its view.
    const bool same = said->second.cluster != ClusterId() ? said->second.cluster == cluster
                                                          : said->second.view == ids;
    if (!same) return {};
  }
  configuration.cluster = cluster;
  return configuration;
}

bool BootstrapView::AllHaveBegun(const raft::Configuration& founding) const {
  return std::all_of(founding.voters.begin(), founding.voters.end(), [this](const auto& member) {
    const auto said = said_.find(member.id);
    return member.id == self_ || (said != said_.end() && said->second.log_end > Index(0));
  });
}

std::string BootstrapView::Missing() const {
  if (members_.size() < expect_) {
    return absl::StrCat("waiting for servers: ", members_.size(), " of ", expect_, " known");
  }
  if (members_.size() > expect_) {
    return absl::StrCat(members_.size(), " servers are known but -bootstrap-expect is ", expect_,
                        "; start exactly ", expect_, " servers first, and join the others later");
  }
  return "waiting for all servers to know each other, and to begin their logs";
}

ClusterId ClusterIdOf(const raft::Configuration& configuration) {
  RollingHash hash;
  for (const NodeId id : IdsOf(configuration.voters)) hash.Add(id.value);
  return ClusterId(hash.value().lo | 1);
}

}  // namespace konsul::server
