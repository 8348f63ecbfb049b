// Who takes part (paper 6; thesis 4). The first configuration is entry 1 of term 1, later ones are
// entries that a leader appends (membership.cc).
#ifndef KONSUL_CORE_RAFT_CONFIGURATION_H_
#define KONSUL_CORE_RAFT_CONFIGURATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace konsul::raft {

struct Member {
  NodeId id;
  std::string name;     // as given with -node
  std::string address;  // "127.0.0.1:8300", where its RPC port was when it joined
  friend bool operator==(const Member&, const Member&) = default;
};

// While two configurations hold (joint consensus), `voters` are those of the new one and `outgoing`
// those of the old one; every decision needs a majority of each. `outgoing` is empty otherwise.
// Each list is ascending by id and without duplicates.
struct Configuration {
  std::vector<Member> voters;
  std::vector<Member> outgoing;
  // Get the log and count for nothing. Never in `voters`; in `outgoing` while being demoted.
  std::vector<Member> learners;
  // Servers that were members once. Their ids are not admitted again: whoever comes back under one
  // may have lost what it had promised.
  std::vector<NodeId> retired;
  // Which cluster this is; the same in every configuration of its log. A server that got the log
  // knows by it where it belongs.
  ClusterId cluster;

  bool empty() const { return voters.empty(); }
  bool joint() const { return !outgoing.empty(); }
  // In either configuration.
  bool IsVoter(NodeId id) const;
  bool IsLearner(NodeId id) const;
  bool IsMember(NodeId id) const { return Find(id) != nullptr; }
  bool IsRetired(NodeId id) const;
  // In any of the lists; nullptr otherwise.
  const Member* Find(NodeId id) const;
  // Who votes in one configuration or both, ascending by id.
  std::vector<Member> EitherVoters() const;
  // Everybody who gets the log, ascending by id.
  std::vector<Member> Members() const;

  // The configuration that both hold in on the way to `target` (which is not joint).
  Configuration JointWith(const Configuration& target) const;
  // What a joint configuration leads to.
  Configuration Left() const;

  // InvalidArgument when empty, out of order, with an id of 0 or with overlong texts.
  absl::Status Validate() const;

  // As stored in an entry of kind kConfiguration; docs/formats/configuration.md.
  std::string Encode() const;
  // DataLoss when the bytes are not what Encode makes of a valid configuration.
  static absl::StatusOr<Configuration> Decode(absl::string_view bytes);

  friend bool operator==(const Configuration&, const Configuration&) = default;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_CONFIGURATION_H_
