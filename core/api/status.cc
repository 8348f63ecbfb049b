#include "core/api/status.h"

namespace konsul::api {

std::string StatusLeader(const Context& context) { return context.consensus.LeaderAddress(); }

std::vector<std::string> StatusPeers(const Context& context) {
  return context.consensus.PeerAddresses();
}

}  // namespace konsul::api
