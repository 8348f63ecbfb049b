// A process on a small machine, and what is asked of it.
#ifndef KONSUL_NET_API_FAKE_PROCESS_SUPPORT_H_
#define KONSUL_NET_API_FAKE_PROCESS_SUPPORT_H_

#include "core/api/agent_process.h"

namespace konsul::net_api {

class FakeProcess : public api::AgentProcess {
 public:
  api::HostInfo Host() override { return host; }
  absl::Status Reload() override {
    ++reloads;
    return failure;
  }

  api::HostInfo host = {
      .memory =
          api::HostMemory{.total = 8192, .used = 2048, .fields = {{"total", 8192}, {"free", 2048}}},
      .cpus = {{.cpu = 0,
                .stepping = 7,
                .cores = 1,
                .cache_kib = 512,
                .mhz = 3100.5,
                .vendor = "V",
                .family = "6",
                .model = "85",
                .model_name = "M",
                .physical_id = "0",
                .core_id = "1",
                .microcode = "0x1",
                .flags = {"fpu"}}},
      .system = api::HostSystem{.hostname = "box",
                                .uptime_seconds = 60,
                                .boot_time = 1502160850,
                                .processes = 42,
                                .os = "linux",
                                .platform = "debian",
                                .platform_family = "debian",
                                .platform_version = "12",
                                .kernel_version = "6.1.0",
                                .kernel_arch = "x86_64",
                                .id = "01234567-89ab-cdef-0123-456789abcdef"},
      .disk = api::HostDisk{.path = "/var/lib/konsul",
                            .total = 1000,
                            .used = 200,
                            .free = 600,
                            .inodes_total = 100,
                            .inodes_used = 10}};
  absl::Status failure;
  int reloads = 0;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_FAKE_PROCESS_SUPPORT_H_
