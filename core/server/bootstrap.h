// How servers that know only some addresses become one cluster, exactly once.
//
// Every server introduces itself at its -retry-join addresses and at every server it hears of, and
// keeps a *view*: all servers known to it. It bootstraps when its view has exactly
// -bootstrap-expect members and each of the others has introduced itself with the very same view.
// All of them then begin their logs with the same configuration, as entry 1 of term 1, and take the
// same cluster id, which is a hash of the members' ids. Nobody stands for election before all of
// them have done so.
//
// Why this is safe: servers that bootstrapped with different views have different cluster ids and
// refuse to talk to each other, so one log never meets another one's entries. And once there is a
// leader, every voter has a log: one without has lost it, and must not begin another.
#ifndef KONSUL_CORE_SERVER_BOOTSTRAP_H_
#define KONSUL_CORE_SERVER_BOOTSTRAP_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/raft/configuration.h"
#include "core/server/transport.h"

namespace konsul::server {

// What one server knows of the others before there is a cluster. No I/O.
class BootstrapView {
 public:
  BootstrapView(const raft::Member& self, uint32_t expect);

  // Takes in an introduction: its sender, its sender's view, and what that says about ours.
  void Add(const Introduction& peer);

  // Ascending by id, self included.
  std::vector<raft::Member> members() const;
  // The configuration to begin with; empty while not everybody agrees, and when the cluster has
  // gone on already. A cluster id that was stored earlier must match.
  raft::Configuration Agreed(ClusterId stored) const;
  // Whether every other one has begun its log.
  bool AllHaveBegun(const raft::Configuration& founding) const;
  // One line on what is missing, for the log.
  std::string Missing() const;

 private:
  const NodeId self_;
  const uint32_t expect_;
  std::map<NodeId, raft::Member> members_;
  // What each other server said last: the ids in its view, its cluster, and how long its log is.
  struct Said {
    std::vector<NodeId> view;
    ClusterId cluster;
    Index log_end;
  };
  std::map<NodeId, Said> said_;
};

// A hash of the members' ids, never 0.
ClusterId ClusterIdOf(const raft::Configuration& configuration);

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_BOOTSTRAP_H_
