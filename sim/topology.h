// Which machines there are, which have power, and the links between each two of them.
#ifndef KONSUL_SIM_TOPOLOGY_H_
#define KONSUL_SIM_TOPOLOGY_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/env/network.h"
#include "sim/engine.h"
#include "sim/link.h"
#include "sim/network.h"
#include "sim/types.h"

namespace konsul::sim {

// True for an IPv4 or IPv6 address written in numbers: names are resolved elsewhere.
bool IsNumericAddress(absl::string_view text);

class Topology {
 public:
  Topology(Engine& engine, const NetworkOptions& options) : engine_(engine), options_(options) {}

  void AddMachine(HostId id, const std::string& ip);
  size_t size() const { return machines_.size(); }

  Link& link(HostId from, HostId to) { return links_[Slot(from)][Slot(to)]; }
  const Link& link(HostId from, HostId to) const { return links_[Slot(from)][Slot(to)]; }
  const std::string& ip(HostId id) const { return machines_[Slot(id)].ip; }
  bool powered(HostId id) const { return machines_[Slot(id)].powered; }
  void SetPowered(HostId id, bool powered) { machines_[Slot(id)].powered = powered; }
  uint32_t accept_failure_ppm(HostId id) const {
    return std::max(options_.accept_failure_ppm, machines_[Slot(id)].accept_failure_ppm);
  }
  void SetAcceptFailure(HostId id, uint32_t ppm) { machines_[Slot(id)].accept_failure_ppm = ppm; }

  // What sent from one cannot reach the other now.
  bool Blocked(HostId from, HostId to) const { return link(from, to).cut || !powered(to); }
  // The machine that `address` means when `from` says it; HostId() when none.
  HostId Find(HostId from, absl::string_view address) const;
  // True for its own address, loopback, and "all addresses".
  bool Owns(HostId id, absl::string_view address) const;
  // The address from which `id` speaks to `to`.
  std::string SourceFor(HostId id, absl::string_view to) const;
  // Ports that nobody asked for by number, one after the other.
  uint16_t NextEphemeralPort(HostId id);

 private:
  struct Machine {
    std::string ip;
    bool powered = true;
    uint16_t next_port;
    uint32_t accept_failure_ppm = 0;
  };

  size_t Slot(HostId id) const;

  Engine& engine_;
  const NetworkOptions& options_;
  std::vector<Machine> machines_;
  std::vector<std::vector<Link>> links_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_TOPOLOGY_H_
