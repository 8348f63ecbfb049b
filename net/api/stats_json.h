// What servers know of themselves and of each other, as the replies of /v1/cluster show it.
#ifndef KONSUL_NET_API_STATS_JSON_H_
#define KONSUL_NET_API_STATS_JSON_H_

#include "core/server/operator.h"
#include "net/api/json.h"

namespace konsul::net_api {

// {"ID", "Node", "Address"}
void WriteMember(const raft::Member& member, JsonWriter& json);
// The answering server, and the cluster as it sees it.
void WriteStatus(const server::ServerStats& stats, const server::Membership& members,
                 JsonWriter& json);
void WriteMembership(const server::Membership& members, JsonWriter& json);
void WriteStats(const server::ServerStats& stats, JsonWriter& json);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_STATS_JSON_H_
