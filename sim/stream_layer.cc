#include "sim/stream_layer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/stream.h"

namespace konsul::sim {
namespace {

constexpr uint64_t kMillion = 1'000'000;
// How long after a blockage ended the sender tries again, at most.
constexpr uint64_t kRetransmitNs = 200'000'000;
constexpr uint32_t kGenerationMask = 0x7fffffff;

}  // namespace

Connection* StreamLayer::Get(ConnectionId id) {
  if (id.slot >= connections_.size()) return nullptr;
  Connection& c = connections_[id.slot];
  return c.used && c.generation == id.generation ? &c : nullptr;
}

ConnectionId StreamLayer::Allocate() {
  uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(connections_.size());
    connections_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  Connection& c = connections_[slot];
  c.used = true;
  return ConnectionId{slot, c.generation};
}

void StreamLayer::FreeIfOver(Connection& c, ConnectionId id) {
  if (!c.used || c.side[0].open || c.side[1].open) return;
  const uint32_t generation = (c.generation + 1) & kGenerationMask;
  c = Connection();
  c.generation = generation;
  free_.push_back(id.slot);
}

void StreamLayer::Record(const Connection& c, int side, EventKind kind, uint64_t payload,
                         const char* what) {
  const Side& here = c.side[side];
  const Side& there = c.side[1 - side];
  engine_.trace().Add(engine_.now(), here.host, kind, payload,
                      topology_.link(there.host, here.host).random.draws(), [&] {
                        return absl::StrCat(what, " ", there.local.ToString(), " > ",
                                            here.local.ToString());
                      });
}

void StreamLayer::Enqueue(Connection& c, ConnectionId id, int from, SegmentKind kind,
                          uint32_t bytes) {
  Pipe& pipe = c.pipe[from];
  const Time arrival = LinkFrom(c, from).Arrival(engine_.now(), bytes);
  pipe.last_arrival = std::max(pipe.last_arrival, arrival);
  pipe.flight.push_back(Segment{pipe.last_arrival, bytes, kind});
  if (!pipe.armed && !pipe.held) Arm(c, id, from, pipe.flight.front().arrival);
}

void StreamLayer::Arm(Connection& c, ConnectionId id, int from, Time at) {
  c.pipe[from].armed = true;
  engine_.Schedule(at, this, kDeliver, id.Pack(from));
}

void StreamLayer::Hold(Connection& c, ConnectionId id, int from) {
  Pipe& pipe = c.pipe[from];
  pipe.held = true;
  pipe.held_since = engine_.now();
  engine_.Schedule(engine_.now() + options_.stall_timeout, this, kStalled, id.Pack(from));
  Record(c, 1 - from, EventKind::kHeld, id.Pack(from), "held");
}

void StreamLayer::ReleaseHeld() {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& c = connections_[slot];
    if (!c.used) continue;
    for (int from = 0; from < 2; ++from) {
      Pipe& pipe = c.pipe[from];
      if (!pipe.held || BlockedFrom(c, from)) continue;
      pipe.held = false;
      Link& link = LinkFrom(c, from);
      const Duration latency = link.latency.Draw(link.random);
      const auto wait = Duration(static_cast<int64_t>(link.random.Below(kRetransmitNs)));
      Arm(c, ConnectionId{slot, c.generation}, from, engine_.now() + latency + wait);
    }
  }
}

size_t StreamLayer::Send(ConnectionId id, int side, absl::string_view data) {
  Connection* c = Get(id);
  if (c == nullptr || data.empty()) return 0;
  Pipe& pipe = c->pipe[side];
  size_t n = std::min<size_t>({data.size(), options_.max_segment,
                               options_.window - std::min(pipe.outstanding, options_.window)});
  if (n == 0) return 0;
  Link& link = LinkFrom(*c, side);
  if (n > 1 && link.random.Chance(options_.short_segment_ppm, kMillion)) {
    n = 1 + link.random.Below(n);
  }
  pipe.buffer.append(data.data(), n);
  pipe.outstanding += static_cast<uint32_t>(n);
  Enqueue(*c, id, side, SegmentKind::kBytes, static_cast<uint32_t>(n));
  return n;
}

bool StreamLayer::Writable(ConnectionId id, int side) {
  const Connection* c = Get(id);
  return c == nullptr || c->pipe[side].outstanding < options_.window;
}

bool StreamLayer::Readable(ConnectionId id, int side) {
  const Connection* c = Get(id);
  KONSUL_CHECK(c != nullptr, "a stream without connection");
  const Pipe& pipe = c->pipe[1 - side];
  return pipe.arrived > 0 || pipe.end_arrived;
}

StreamLayer::Received StreamLayer::Receive(ConnectionId id, int side, absl::Span<char> buffer) {
  Connection* c = Get(id);
  KONSUL_CHECK(c != nullptr, "a stream without connection");
  const int from = 1 - side;
  Pipe& pipe = c->pipe[from];
  size_t n = std::min(pipe.arrived, buffer.size());
  if (n == 0) return {0, pipe.end_arrived};
  Link& link = LinkFrom(*c, from);
  if (n > 1 && link.random.Chance(options_.short_read_ppm, kMillion)) {
    n = 1 + link.random.Below(n);
  }
  std::memcpy(buffer.data(), pipe.buffer.data() + pipe.head, n);
  pipe.Consume(n);
  // As TCP's window updates: not for every byte, so that small messages cost no extra event.
  pipe.consumed += static_cast<uint32_t>(n);
  if (pipe.consumed >= options_.window / 4) {
    pipe.credit += pipe.consumed;
    pipe.consumed = 0;
    if (!pipe.credit_under_way) {
      pipe.credit_under_way = true;
      Link& back = LinkFrom(*c, side);
      const Time arrival = engine_.now() + back.latency.Draw(back.random);
      engine_.Schedule(arrival, this, kCredit, id.Pack(from));
    }
  }
  return {n, false};
}

void StreamLayer::EndWrites(ConnectionId id, int side) {
  Connection* c = Get(id);
  if (c == nullptr || c->pipe[side].end_sent) return;
  c->pipe[side].end_sent = true;
  Enqueue(*c, id, side, SegmentKind::kEnd, 0);
}

void StreamLayer::Close(ConnectionId id, int side) {
  Connection* c = Get(id);
  if (c == nullptr) return;
  Side& mine = c->side[side];
  mine.user = nullptr;
  if (mine.open) {
    mine.open = false;
    Pipe& in = c->pipe[1 - side];
    if (!c->established) return FreeIfOver(*c, id);
    // As TCP does: who closes without having read everything resets the peer.
    if (in.arrived > 0) {
      Enqueue(*c, id, side, SegmentKind::kReset, 0);
      in.Consume(in.arrived);
    } else if (!c->pipe[side].end_sent) {
      c->pipe[side].end_sent = true;
      Enqueue(*c, id, side, SegmentKind::kEnd, 0);
    }
  }
  FreeIfOver(*c, id);
}

void StreamLayer::Reject(ConnectionId id) {
  Connection* c = Get(id);
  if (c == nullptr || !c->side[1].open) return;
  c->side[1].open = false;
  Enqueue(*c, id, 1, SegmentKind::kReset, 0);
  c->pipe[0].Consume(c->pipe[0].arrived);
  FreeIfOver(*c, id);
}

void StreamLayer::End(Connection& c, ConnectionId id, int side, const absl::Status& why) {
  Side& mine = c.side[side];
  if (!mine.open) return;
  mine.open = false;
  c.pipe[side].DropBehindHandshake(0);
  SimStream* user = mine.user;
  mine.user = nullptr;
  // What has arrived is the process's, whatever becomes of the connection.
  Pipe& in = c.pipe[1 - side];
  std::string unread = in.buffer.substr(in.head, in.arrived);
  const bool ended = in.end_arrived;
  in.Consume(in.arrived);
  FreeIfOver(c, id);
  if (user != nullptr) user->Fail(why, std::move(unread), ended);
}

void StreamLayer::CutOff(HostId host, bool lose_power) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& c = connections_[slot];
    const ConnectionId id{slot, c.generation};
    for (int side = 0; side < 2; ++side) {
      if (!c.used || c.side[side].host != host || !c.side[side].open) continue;
      Pipe& out = c.pipe[side];
      Pipe& in = c.pipe[1 - side];
      env::Random& random = LinkFrom(c, side).random;
      const bool orderly = !lose_power && c.established && in.arrived == 0 &&
                           random.Chance(options_.kill_fin_ppm, kMillion);
      if (orderly) {
        if (!out.end_sent) Enqueue(c, id, side, SegmentKind::kEnd, 0);
      } else {
        // Where the stream breaks off.
        out.DropBehindHandshake(random.Below(out.flight.size() + 1));
        if (!lose_power && c.established) Enqueue(c, id, side, SegmentKind::kReset, 0);
      }
      c.side[side].open = false;
      c.side[side].user = nullptr;
      in.Consume(in.arrived);
      FreeIfOver(c, id);
    }
  }
  listeners_[host.value - 1].Drain([](SimListener* listener) { listener->CutOff(); });
}

void StreamLayer::ResetBetween(HostId a, HostId b) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& c = connections_[slot];
    const ConnectionId id{slot, c.generation};
    if (!c.used || !c.established) continue;
    const HostId h0 = c.side[0].host;
    const HostId h1 = c.side[1].host;
    if (!(h0 == a && h1 == b) && !(h0 == b && h1 == a)) continue;
    OnReset(c, id, 0);
    if (Connection* still = Get(id)) OnReset(*still, id, 1);
  }
}

void StreamLayer::GiveUpDialed(HostId from, HostId to) {
  for (uint32_t slot = 0; slot < connections_.size(); ++slot) {
    Connection& c = connections_[slot];
    const ConnectionId id{slot, c.generation};
    if (!c.used || !c.established || !c.side[0].open) continue;
    if (c.side[0].host != from || c.side[1].host != to) continue;
    Record(c, 0, EventKind::kReset, id.Pack(0) + 2, "given up");
    ++counters_.resets;
    if (!c.pipe[0].end_sent) {
      c.pipe[0].end_sent = true;
      Enqueue(c, id, 0, SegmentKind::kEnd, 0);
    }
    c.side[0].open = false;
    c.pipe[1].Consume(c.pipe[1].arrived);
    SimStream* user = c.side[0].user;
    c.side[0].user = nullptr;
    const absl::Status why = absl::UnavailableError(
        absl::StrCat("connection to ", c.side[1].local.ToString(), " timed out"));
    FreeIfOver(c, id);
    if (user != nullptr) user->Fail(why);
  }
}

size_t StreamLayer::open_connections() const { return connections_.size() - free_.size(); }

}  // namespace konsul::sim
