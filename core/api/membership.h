// Who takes part and who leads, and changes of both
// (https://developer.hashicorp.com/consul/api-docs/operator/raft, and our own /v1/cluster).
#ifndef KONSUL_CORE_API_MEMBERSHIP_H_
#define KONSUL_CORE_API_MEMBERSHIP_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/api/context.h"

namespace konsul::api {

// As the leader sees it; with `stale` as this server does, also without a leader.
absl::StatusOr<server::Membership> Members(const Context& context, bool stale);

// The member that leads; null when none is known.
const server::Peer* FindLeader(const server::Membership& members);

// FailedPrecondition, with Consul's text, when there is no such member.
absl::Status RemoveById(const Context& context, absl::string_view id);
absl::Status RemoveByAddress(const Context& context, absl::string_view address);
// By id, name or address; NotFound when there is no such member.
absl::Status Remove(const Context& context, absl::string_view who);

// To the member with this id, or to the one that is furthest. Errors as RemoveById.
absl::Status TransferLeadership(const Context& context, std::optional<absl::string_view> id);

// Lets this server join the cluster of the one at `address`; its port may be missing.
absl::Status Join(const Context& context, absl::string_view address);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_MEMBERSHIP_H_
