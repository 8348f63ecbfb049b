// What other servers say, and what is said to them.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {

std::string ServerImpl::LeaderAddress() const {
  const raft::Member* leader = driver_.raft().configuration().Find(raft_status().leader);
  return leader == nullptr ? "" : leader->address;
}

std::vector<std::string> ServerImpl::PeerAddresses() const {
  std::vector<std::string> addresses;
  for (const raft::Member& member : driver_.raft().configuration().Members()) {
    addresses.push_back(member.address);
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

Introduction ServerImpl::Introduce() const {
  return Introduction{options_.id,
                      options_.cluster,
                      options_.name,
                      options_.address.ToString(),
                      view_.members(),
                      options_.bootstrap_expect,
                      raft_status().durable_index};
}

absl::Status ServerImpl::OnIntroduction(const Introduction& peer) {
  const auto describe = [](absl::string_view name, NodeId id) {
    return absl::StrCat("server \"", name, "\" (", ToHex(id.value), ")");
  };
  if (peer.id == options_.id && peer.address != options_.address.ToString()) {
    return absl::FailedPreconditionError(
        absl::StrCat("two servers have the id ", ToHex(peer.id.value), ", at ", peer.address,
                     " and ", options_.address.ToString(), ": was a data directory copied?"));
  }
  if (peer.id != options_.id && peer.name == options_.name) {
    return absl::FailedPreconditionError(
        absl::StrCat("two servers are named \"", peer.name, "\", at ", peer.address, " and ",
                     options_.address.ToString(), ": give each its own -node"));
  }
  if (peer.cluster != ClusterId() && options_.cluster != ClusterId() &&
      peer.cluster != options_.cluster) {
    return absl::FailedPreconditionError(absl::StrCat(
        describe(peer.name, peer.id), " belongs to cluster ", ToHex(peer.cluster.value), ", ",
        describe(options_.name, options_.id), " to cluster ", ToHex(options_.cluster.value)));
  }
  const raft::Configuration& configuration = driver_.raft().configuration();
  if (configuration.IsRetired(peer.id) && !configuration.IsMember(peer.id)) {
    return absl::FailedPreconditionError(absl::StrCat(
        describe(peer.name, peer.id),
        " was removed from the cluster; delete its data directory before it joins again"));
  }
  view_.Add(peer);
  NotePeer(peer);
  return absl::OkStatus();
}

// Who belongs to no cluster yet may do so later, over the same connection; its first message of
// consensus says so.
void ServerImpl::NotePeer(const Introduction& peer) {
  const absl::StatusOr<env::Endpoint> address = env::Endpoint::Parse(peer.address);
  if (peer.id == options_.id || transport_ == nullptr || !address.ok()) return;
  if (peer.cluster == ClusterId()) {
    acquaintances_.Met(peer.id, *address, false, env_.clock.Now());
  } else if (options_.cluster == ClusterId() || options_.cluster == peer.cluster) {
    Dial(peer.id, *address);
  }
}

void ServerImpl::Dial(NodeId id, const env::Endpoint& address) {
  acquaintances_.Met(id, address, true, env_.clock.Now());
  transport_->Learn(id, address);
  PartFromGuests();
}

// Without a configuration, everybody who may be a member one day is a guest.
void ServerImpl::PartFromGuests() {
  if (parting_ || driver_.raft().configuration().empty() || !acquaintances_.AnyGuests()) return;
  parting_ = true;
  group_->Spawn("part-from-guests", [this] {
    while (acquaintances_.AnyGuests() && env_.Sleep(Acquaintances::kPatience).ok()) {
      const Instant now = env_.clock.Now();
      if (asked_ != NodeId()) acquaintances_.Heard(asked_, now);
      for (const NodeId id : acquaintances_.Part(now)) transport_->Forget(id);
    }
    parting_ = false;
  });
}

void ServerImpl::OnRaftMessage(raft::Message message) {
  if (!failure_.ok()) return;
  const NodeId from = message.from;
  if (const auto address = acquaintances_.Heard(from, env_.clock.Now())) Dial(from, *address);
  driver_.Step(std::move(message));
  if (from == raft_status().leader) leader_contact_ = env_.clock.Now();
}

void ServerImpl::OnPeerLost(NodeId peer, bool closed) { driver_.PeerUnreachable(peer, closed); }

absl::StatusOr<SnapshotChunkReply> ServerImpl::OnSnapshotChunk(SnapshotChunk chunk,
                                                               Instant deadline) {
  KONSUL_RETURN_IF_ERROR(failure_);
  absl::StatusOr<SnapshotChunkReply> reply = snapshot_installer_.OnChunk(chunk, deadline);
  if (reply.ok() && chunk.from == raft_status().leader) leader_contact_ = env_.clock.Now();
  return reply;
}

}  // namespace konsul::server
