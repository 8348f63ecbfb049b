// What somebody in the middle does to connections: the faults of StreamLayer that need no process
// to die. The fault model is in network.h.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/stream.h"
#include "sim/stream_layer.h"

namespace konsul::sim {

std::vector<std::pair<ConnectionId, int>> StreamLayer::Between(HostId a, HostId b,
                                                               std::optional<uint64_t> draw) {
  std::vector<std::pair<ConnectionId, int>> out;
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    const Connection& c = connections_[slot];
    if (!c.used || !c.established || !c.side[0].open || !c.side[1].open) continue;
    const ConnectionId id{slot, c.generation};
    if (c.side[0].host == a && c.side[1].host == b) out.emplace_back(id, 0);
    if (c.side[1].host == a && c.side[0].host == b && a != b) out.emplace_back(id, 1);
  }
  if (draw.has_value() && out.size() > 1) out = {out[*draw % out.size()]};
  return out;
}

bool StreamLayer::ClogOne(HostId from, HostId to, Time until, uint64_t draw) {
  for (const auto& [id, side] : Between(from, to, draw)) {
    Pipe& pipe = Get(id)->pipe[side];
    pipe.clogged_until = std::max(pipe.clogged_until, until);
    return true;
  }
  return false;
}

void StreamLayer::UnclogAll() {
  for (Connection& c : connections_) {
    for (Pipe& pipe : c.pipe) pipe.clogged_until = std::min(pipe.clogged_until, engine_.now());
  }
}

void StreamLayer::Retime(HostId from, HostId to) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& c = connections_[slot];
    for (int side = 0; c.used && side < 2; ++side) {
      Pipe& pipe = c.pipe[side];
      if (c.side[side].host != from || c.side[1 - side].host != to || pipe.flight.empty()) continue;
      Time last = engine_.now();
      for (Segment& segment : pipe.flight) {
        const Time anew = LinkFrom(c, side).Arrival(engine_.now(), segment.bytes);
        last = segment.arrival = std::max(last, std::min(segment.arrival, anew));
      }
      pipe.last_arrival = last;
      // The event that was scheduled before comes as well, and finds nothing due.
      if (!pipe.held) Arm(c, ConnectionId{slot, c.generation}, side, pipe.flight.front().arrival);
    }
  }
}

// Both sides see it at the same time: when the later of the two is reached. Who is reset forgets
// what it has sent, and what of that is still to arrive shall.
void StreamLayer::ResetAtAByte(HostId a, HostId b, std::optional<uint64_t> draw) {
  for (const auto& [id, unused] : Between(a, b, draw)) {
    Connection& c = *Get(id);
    Time at = engine_.now();
    for (int from = 0; from < 2; ++from) {
      Pipe& pipe = c.pipe[from];
      Link& link = LinkFrom(c, from);
      // The handshake's last step is no byte, and stays.
      pipe.DropBytes(link.random.Below(pipe.InFlight() + 1));
      if (!pipe.flight.empty()) at = std::max(at, pipe.flight.back().arrival + Duration(1));
      at = std::max(at, link.Arrival(engine_.now(), 0));
    }
    for (int side = 0; side < 2; ++side) {
      // Whatever is sent now comes too late.
      c.pipe[side].last_arrival = at;
      engine_.Schedule(at, this, kReset, id.Pack(side));
    }
  }
}

void StreamLayer::Forget(HostId from, HostId to, std::optional<uint64_t> draw) {
  for (const auto& [id, side] : Between(from, to, draw)) {
    Connection& c = *Get(id);
    Record(c, side, EventKind::kReset, id.Pack(side) + 2, "forgotten");
    End(c, id, side,
        absl::UnavailableError(
            absl::StrCat("connection to ", c.side[1 - side].local.ToString(), " was lost")));
  }
}

}  // namespace konsul::sim
