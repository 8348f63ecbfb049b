// Who leads and who votes (https://developer.hashicorp.com/consul/api-docs/status), as this server
// knows it. Never suspends.
#ifndef KONSUL_CORE_API_STATUS_H_
#define KONSUL_CORE_API_STATUS_H_

#include <string>
#include <vector>

#include "core/api/context.h"

namespace konsul::api {

// "127.0.0.1:8300"; empty when there is none or it is not known.
std::string StatusLeader(const Context& context);
// Of all voters, ascending.
std::vector<std::string> StatusPeers(const Context& context);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_STATUS_H_
