// The answer of /v1/agent/host.
#ifndef KONSUL_NET_API_HOST_JSON_H_
#define KONSUL_NET_API_HOST_JSON_H_

#include "core/api/agent_process.h"
#include "net/api/json.h"

namespace konsul::net_api {

// Consul's keys; what is not known is null, 0 or empty, as there.
void WriteHost(const api::HostInfo& host, JsonWriter& json);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_HOST_JSON_H_
