#include "core/api/membership.h"

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/env/network.h"
#include "core/server/node_uuid.h"

namespace konsul::api {
namespace {

using server::ParseNodeId;

constexpr uint16_t kServerPort = 8300;

// The member for which `matches` is true, asked of the leader: people who name a server that is
// none have probably mistyped, and are told.
template <typename Matches>
absl::StatusOr<std::optional<NodeId>> Find(const Context& context, Matches matches) {
  KONSUL_ASSIGN_OR_RETURN(const server::Membership members, Members(context, false));
  for (const server::Peer& peer : members.peers) {
    if (matches(peer.member)) return peer.member.id;
  }
  return std::nullopt;
}

absl::Status NoSuchId(absl::string_view text) {
  return absl::FailedPreconditionError(absl::StrCat("id \"", absl::Utf8SafeCEscape(text),
                                                    "\" was not found in the Raft configuration"));
}

absl::StatusOr<NodeId> MemberWithId(const Context& context, absl::string_view text) {
  const std::optional<NodeId> id = ParseNodeId(text);
  KONSUL_ASSIGN_OR_RETURN(const std::optional<NodeId> member,
                          Find(context, [&](const raft::Member& m) { return m.id == id; }));
  if (member.has_value()) return *member;
  return NoSuchId(text);
}

}  // namespace

absl::StatusOr<server::Membership> Members(const Context& context, bool stale) {
  return context.cluster.Members(stale, context.ReadDeadline());
}

const server::Peer* FindLeader(const server::Membership& members) {
  const auto it = std::find_if(members.peers.begin(), members.peers.end(),
                               [](const server::Peer& peer) { return peer.leader; });
  return it == members.peers.end() ? nullptr : &*it;
}

absl::Status RemoveById(const Context& context, absl::string_view id) {
  const std::optional<NodeId> member = ParseNodeId(id);
  // Not looked up before: a removal whose answer got lost may be asked for again.
  const absl::Status status = member.has_value()
                                  ? context.cluster.RemoveServer(*member, context.AdminDeadline())
                                  : absl::NotFoundError("");
  return absl::IsNotFound(status) ? NoSuchId(id) : status;
}

absl::Status RemoveByAddress(const Context& context, absl::string_view address) {
  KONSUL_ASSIGN_OR_RETURN(
      const std::optional<NodeId> member,
      Find(context, [&](const raft::Member& m) { return m.address == address; }));
  if (!member.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("address \"", absl::Utf8SafeCEscape(address),
                     "\" was not found in the Raft configuration"));
  }
  return context.cluster.RemoveServer(*member, context.AdminDeadline());
}

absl::Status Remove(const Context& context, absl::string_view who) {
  const std::optional<NodeId> id = ParseNodeId(who);
  KONSUL_ASSIGN_OR_RETURN(const std::optional<NodeId> member,
                          Find(context, [&](const raft::Member& m) {
                            return m.id == id || m.name == who || m.address == who;
                          }));
  // By its id it may have been removed already, by a request whose answer got lost.
  if (!member.has_value() && id.has_value()) return RemoveById(context, who);
  if (!member.has_value()) {
    return absl::NotFoundError(
        absl::StrCat("no member has the id, name or address \"", absl::Utf8SafeCEscape(who), "\""));
  }
  return context.cluster.RemoveServer(*member, context.AdminDeadline());
}

absl::Status TransferLeadership(const Context& context, std::optional<absl::string_view> id) {
  NodeId to;
  if (id.has_value()) {
    KONSUL_ASSIGN_OR_RETURN(to, MemberWithId(context, *id));
  }
  const absl::Status status = context.cluster.TransferLeadership(to, context.AdminDeadline());
  // No path is missing, but a server to lead.
  return absl::IsNotFound(status) ? absl::FailedPreconditionError(status.message()) : status;
}

absl::Status Join(const Context& context, absl::string_view address) {
  if (address.empty()) {
    return absl::InvalidArgumentError("the address of a server to join is missing");
  }
  KONSUL_ASSIGN_OR_RETURN(const env::Endpoint endpoint, env::Endpoint::Parse(address, kServerPort));
  return context.cluster.Join(endpoint.ToString(), context.AdminDeadline());
}

}  // namespace konsul::api
