// The process that a server is part of and the machine under it, as far as clients may ask
// (https://developer.hashicorp.com/consul/api-docs/agent, host and reload). The composition root
// makes it; node logic never looks for itself, so that the simulator can answer as well.
#ifndef KONSUL_CORE_API_AGENT_PROCESS_H_
#define KONSUL_CORE_API_AGENT_PROCESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/base/time.h"

namespace konsul::api {

// In bytes, but for `fields` that count pages of some kind. The names of `fields` are those of the
// answer.
struct HostMemory {
  uint64_t total = 0, used = 0;
  std::vector<std::pair<std::string, uint64_t>> fields;
};

// One logical processor.
struct HostCpu {
  uint64_t cpu = 0, stepping = 0, cores = 0;
  uint64_t cache_kib = 0;
  double mhz = 0;
  std::string vendor, family, model, model_name, physical_id, core_id, microcode;
  std::vector<std::string> flags;
};

struct HostSystem {
  std::string hostname;
  uint64_t uptime_seconds = 0, boot_time = 0;  // the latter since the epoch
  uint64_t processes = 0;
  std::string os, platform, platform_family, platform_version, kernel_version, kernel_arch, id;
};

// The file system that the data directory is in.
struct HostDisk {
  std::string path, fstype;
  uint64_t total = 0, used = 0, free = 0;  // bytes; `free` for users without privileges
  uint64_t inodes_total = 0, inodes_used = 0;
};

struct HostInfo {
  std::optional<HostMemory> memory;
  std::vector<HostCpu> cpus;
  std::optional<HostSystem> system;
  std::optional<HostDisk> disk;
  WallTime collected;
  std::vector<std::string> errors;  // why something is missing
};

// Owned by the composition root, outlives the node. Fibers of the server's scheduler only.
class AgentProcess {
 public:
  virtual ~AgentProcess() = default;
  // May suspend. What cannot be found out is missing and in `errors`.
  virtual HostInfo Host() = 0;
  // Reads the configuration anew and applies what may change while the process runs; may suspend.
  // The error is fit to be sent to the client; nothing was changed then.
  virtual absl::Status Reload() = 0;
};

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_AGENT_PROCESS_H_
