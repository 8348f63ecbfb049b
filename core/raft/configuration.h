// Who takes part. Grounds for joint consensus and learners (thesis 4); today every member is a
// voter and the configuration is set once, at bootstrap, as entry 1 of term 1.
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

struct Configuration {
  std::vector<Member> voters;  // ascending by id, without duplicates

  bool empty() const { return voters.empty(); }
  bool IsVoter(NodeId id) const { return Find(id) != nullptr; }
  const Member* Find(NodeId id) const;
  std::vector<NodeId> VoterIds() const;

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
