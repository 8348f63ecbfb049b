#include "sim/topology.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "sim/port_table.h"

namespace konsul::sim {
namespace {

constexpr uint16_t kFirstEphemeral = 32768;
constexpr uint16_t kLastEphemeral = 60999;

}  // namespace

bool IsNumericAddress(absl::string_view text) {
  if (absl::StrContains(text, ':')) {
    return text.find_first_not_of("0123456789abcdefABCDEF:.") == absl::string_view::npos;
  }
  int parts = 0;
  for (const absl::string_view part : absl::StrSplit(text, '.')) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(part, &number) || number > 255) return false;
    ++parts;
  }
  return parts == 4;
}

size_t Topology::Slot(HostId id) const {
  KONSUL_CHECK(id.value >= 1 && id.value <= machines_.size(), "no host ", id.value);
  return id.value - 1;
}

void Topology::AddMachine(HostId id, const std::string& ip) {
  KONSUL_CHECK(id.value == machines_.size() + 1, id.value);
  machines_.push_back(Machine{ip, true, kFirstEphemeral});
  const auto make = [&](size_t from, size_t to) {
    Link link(engine_.Fork(absl::StrCat("link ", machines_[from].ip, " > ", machines_[to].ip)));
    link.latency = from == to ? options_.loopback : options_.latency;
    link.faults = options_.datagrams;
    return link;
  };
  const size_t last = machines_.size() - 1;
  for (size_t from = 0; from < last; ++from) links_[from].push_back(make(from, last));
  links_.emplace_back();
  for (size_t to = 0; to <= last; ++to) links_[last].push_back(make(last, to));
}

HostId Topology::Find(HostId from, absl::string_view address) const {
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (machines_[i].ip == address) return HostId(i + 1);
  }
  return address == kLoopback || address == kAnyAddress ? from : HostId();
}

bool Topology::Owns(HostId id, absl::string_view address) const {
  if (address == kAnyAddress) return true;
  return Find(id, address) == id;
}

std::string Topology::SourceFor(HostId id, absl::string_view to) const {
  const bool loopback = to == kLoopback && Find(id, to) == id;
  return loopback ? kLoopback : ip(id);
}

uint16_t Topology::NextEphemeralPort(HostId id) {
  Machine& machine = machines_[Slot(id)];
  const uint16_t port = machine.next_port;
  machine.next_port = port == kLastEphemeral ? kFirstEphemeral : port + 1;
  return port;
}

}  // namespace konsul::sim
