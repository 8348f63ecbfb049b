#include "sim/checkers/resources.h"

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

std::string WhatIsTooMuch(const std::vector<ServerResources>& servers, size_t connections,
                          const ResourceLimits& limits) {
  for (const ServerResources& server : servers) {
    std::map<std::string, size_t> fibers;
    for (const std::string& fiber : server.fibers) ++fibers[fiber];
    for (const auto& [fiber, count] : fibers) {
      const auto limit = limits.fibers.find(fiber);
      const size_t allowed = limit == limits.fibers.end() ? 0 : limit->second;
      if (count <= allowed) continue;
      return absl::StrCat(server.name, " has ", count, " fibers \"", fiber, "\", not at most ",
                          allowed);
    }
    if (server.log_entries > limits.log_entries) {
      return absl::StrCat(server.name, " has ", server.log_entries,
                          " log entries in memory, not at most ", limits.log_entries);
    }
    if (server.disk_bytes > limits.disk_bytes) {
      return absl::StrCat(server.name, " has ", server.disk_bytes,
                          " bytes on its disk, not at most ", limits.disk_bytes);
    }
  }
  if (connections <= limits.connections) return "";
  return absl::StrCat(connections, " connections are open, not at most ", limits.connections);
}

}  // namespace konsul::checkers
