// What happens to connections as time passes: the events of StreamLayer.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/stream.h"
#include "sim/stream_layer.h"

namespace konsul::sim {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr Duration kFirstDialRetry = 1s;
constexpr Duration kCreditRetry = 200ms;

absl::Status EndedBy(const char* what, const env::Endpoint& peer) {
  return absl::UnavailableError(absl::StrCat("connection to ", peer.ToString(), " ", what));
}

}  // namespace

void StreamLayer::OnEvent(uint32_t what, uint64_t arg) {
  const ConnectionId id = ConnectionId::Unpack(arg);
  const int side = ConnectionId::UnpackSide(arg);
  Connection* c = Get(id);
  if (c == nullptr) return;
  switch (what) {
    case kSyn:
      return OnSyn(*c, id);
    case kSynAck:
      return OnSynAck(*c, id);
    case kRefused:
      return Refuse(*c, id);
    case kRetryDial:
      if (c->established) return;
      engine_.Schedule(LinkFrom(*c, 0).Arrival(engine_.now(), 0), this, kSyn, arg);
      return;
    case kDialTimeout:
      if (!c->established) End(*c, id, 0, EndedBy("timed out", c->side[1].local));
      return;
    case kDeliver:
      return Deliver(*c, id, side);
    case kCredit:
      return OnCredit(*c, id, side);
    case kReset:
      return OnReset(*c, id, side);
    case kStalled:
      return OnStalled(*c, id, side);
    case kUnacknowledged:
      return OnUnacknowledged(*c, id, side);
  }
}

// The handshake: SYN, SYN-ACK, and the ACK as the first segment of the dialer's pipe, so that the
// listener learns of the connection before its bytes.

void StreamLayer::Dial(HostId from, HostId to, const env::Endpoint& at, SimStream* stream) {
  ++counters_.dials;
  const ConnectionId id = Allocate();
  Connection& c = connections_[id.slot];
  c.dial_started = engine_.now();
  c.side[0].host = from;
  c.side[0].local = {topology_.SourceFor(from, at.host), topology_.NextEphemeralPort(from)};
  c.side[0].open = true;
  c.side[0].user = stream;
  c.side[1].host = to;
  c.side[1].local = at;
  stream->Attach(id, 0, c.side[0].local, at);
  engine_.Schedule(LinkFrom(c, 0).Arrival(engine_.now(), 0), this, kSyn, id.Pack(0));
}

void StreamLayer::OnSyn(Connection& c, ConnectionId id) {
  if (BlockedFrom(c, 0)) return RetryDial(c, id);
  Link& link = LinkFrom(c, 0);
  if (link.clogged_until > engine_.now()) {
    engine_.Schedule(link.clogged_until, this, kSyn, id.Pack(0));
    return;
  }
  Record(c, 1, EventKind::kDial, id.Pack(0), "syn");
  const SimListener* listener = listeners_[c.side[1].host.value - 1].Find(c.side[1].local);
  const Time answered = LinkFrom(c, 1).Arrival(engine_.now(), 0);
  if (listener == nullptr) {
    engine_.Schedule(answered, this, kRefused, id.Pack(0));
  } else if (listener->backlog() >= options_.backlog) {
    RetryDial(c, id);
  } else {
    engine_.Schedule(answered, this, kSynAck, id.Pack(0));
  }
}

void StreamLayer::OnSynAck(Connection& c, ConnectionId id) {
  if (c.established) return;
  if (BlockedFrom(c, 1)) return RetryDial(c, id);
  Link& link = LinkFrom(c, 1);
  if (link.clogged_until > engine_.now()) {
    engine_.Schedule(link.clogged_until, this, kSynAck, id.Pack(0));
    return;
  }
  c.established = true;
  c.side[1].open = true;  // though nobody has accepted it, or even heard of it, yet
  Record(c, 0, EventKind::kDial, id.Pack(0), "established");
  Enqueue(c, id, 0, SegmentKind::kEstablish, 0);
  if (c.side[0].user != nullptr) c.side[0].user->Established();
}

void StreamLayer::RetryDial(Connection& c, ConnectionId id) {
  const Time give_up = c.dial_started + options_.dial_timeout;
  const uint32_t attempt = std::min(c.dial_attempts++, 20u);
  const Time retry = engine_.now() + kFirstDialRetry * (1 << attempt);
  if (retry < give_up) {
    engine_.Schedule(retry, this, kRetryDial, id.Pack(0));
  } else {
    engine_.Schedule(give_up, this, kDialTimeout, id.Pack(0));
  }
}

void StreamLayer::Refuse(Connection& c, ConnectionId id) {
  if (BlockedFrom(c, 1)) return RetryDial(c, id);
  Record(c, 0, EventKind::kDial, id.Pack(1), "refused");
  End(c, id, 0, EndedBy("refused", c.side[1].local));
}

void StreamLayer::Establish(Connection& c, ConnectionId id) {
  SimListener* listener = listeners_[c.side[1].host.value - 1].Find(c.side[1].local);
  Side& side = c.side[1];
  if (side.open && listener != nullptr && listener->backlog() < options_.backlog) {
    listener->Enqueue(id);
    return;
  }
  side.open = false;
  SendReset(c, id, 0);
  FreeIfOver(c, id);
}

bool StreamLayer::PortTaken(HostId host, const env::Endpoint& at) const {
  return listeners_[host.value - 1].Taken(at);
}

void StreamLayer::Listen(HostId host, const env::Endpoint& at, SimListener* listener) {
  listeners_[host.value - 1].Add(at, listener);
}

void StreamLayer::Unlisten(HostId host, const env::Endpoint& at) {
  listeners_[host.value - 1].Remove(at);
}

bool StreamLayer::Accept(ConnectionId id, SimStream* stream) {
  Connection* c = Get(id);
  if (c == nullptr || !c->side[1].open) return false;
  c->side[1].user = stream;
  stream->Attach(id, 1, c->side[1].local, c->side[0].local);
  stream->Established();
  return true;
}

bool StreamLayer::DrawAcceptFailure(HostId host) {
  const uint32_t ppm = topology_.accept_failure_ppm(host);
  return ppm > 0 && topology_.link(host, host).random.Chance(ppm, kMillion);
}

// Bytes.

void StreamLayer::Deliver(Connection& c, ConnectionId id, int from) {
  Pipe& pipe = c.pipe[from];
  pipe.armed = false;
  if (pipe.flight.empty()) return;
  if (BlockedFrom(c, from)) return Hold(c, id, from);
  const Time now = engine_.now();
  const Time clogged_until = std::max(LinkFrom(c, from).clogged_until, pipe.clogged_until);
  if (clogged_until > now) return Arm(c, id, from, clogged_until);
  while (!pipe.flight.empty() && pipe.flight.front().arrival <= now) {
    const Segment segment = pipe.flight.front();
    pipe.flight.pop_front();
    DeliverOne(c, id, from, segment);
    if (Get(id) == nullptr) return;
  }
  if (!pipe.flight.empty() && !pipe.armed) Arm(c, id, from, pipe.flight.front().arrival);
}

void StreamLayer::DeliverOne(Connection& c, ConnectionId id, int from, const Segment& segment) {
  const int to = 1 - from;
  Pipe& pipe = c.pipe[from];
  Side& receiver = c.side[to];
  ++counters_.stream_segments;
  counters_.stream_bytes += segment.bytes;
  const absl::string_view bytes =
      absl::string_view(pipe.buffer).substr(pipe.head + pipe.arrived, segment.bytes);
  const auto kind = static_cast<uint64_t>(segment.kind);
  if (segment.kind != SegmentKind::kReset) {
    Record(c, to, EventKind::kSegment, HashContent(bytes, id.Pack(from) + kind), "segment");
  }
  if (segment.kind == SegmentKind::kEstablish) return Establish(c, id);
  if (segment.kind == SegmentKind::kReset) return OnReset(c, id, to);
  pipe.arrived += segment.bytes;
  if (!receiver.open) {
    const bool had_bytes = pipe.arrived > 0;
    pipe.Consume(pipe.arrived);
    if (had_bytes) SendReset(c, id, from);
    return;
  }
  if (segment.kind == SegmentKind::kEnd) pipe.end_arrived = true;
  if (receiver.user != nullptr) receiver.user->WakeReader();
  if (BlockedFrom(c, to)) WatchAcknowledgement(c, id, from);
}

void StreamLayer::OnCredit(Connection& c, ConnectionId id, int from) {
  if (BlockedFrom(c, 1 - from)) {
    engine_.Schedule(engine_.now() + kCreditRetry, this, kCredit, id.Pack(from));
    return;
  }
  Pipe& pipe = c.pipe[from];
  pipe.credit_under_way = false;
  pipe.outstanding -= pipe.credit;
  pipe.credit = 0;
  if (c.side[from].user != nullptr) c.side[from].user->WakeWriter();
}

// Ends.

void StreamLayer::SendReset(Connection& c, ConnectionId id, int to_side) {
  if (!c.side[to_side].open) return;
  if (BlockedFrom(c, 1 - to_side)) return WatchAcknowledgement(c, id, to_side);
  const Time arrival = LinkFrom(c, 1 - to_side).Arrival(engine_.now(), 0);
  engine_.Schedule(arrival, this, kReset, id.Pack(to_side));
}

void StreamLayer::OnReset(Connection& c, ConnectionId id, int side) {
  if (!c.side[side].open) return;
  ++counters_.resets;
  Record(c, side, EventKind::kReset, id.Pack(side), "reset");
  End(c, id, side, EndedBy("reset by peer", c.side[1 - side].local));
}

void StreamLayer::OnStalled(Connection& c, ConnectionId id, int from) {
  const Pipe& pipe = c.pipe[from];
  // A later hold has an event of its own.
  if (!pipe.held || engine_.now() < pipe.held_since + options_.stall_timeout) return;
  Record(c, from, EventKind::kReset, id.Pack(from) + 1, "stalled");
  End(c, id, from, EndedBy("timed out", c.side[1 - from].local));
}

void StreamLayer::WatchAcknowledgement(Connection& c, ConnectionId id, int from) {
  Pipe& pipe = c.pipe[from];
  if (pipe.unacknowledged) return;
  pipe.unacknowledged = true;
  pipe.unacknowledged_since = engine_.now();
  engine_.Schedule(engine_.now() + options_.stall_timeout, this, kUnacknowledged, id.Pack(from));
}

void StreamLayer::OnUnacknowledged(Connection& c, ConnectionId id, int from) {
  Pipe& pipe = c.pipe[from];
  pipe.unacknowledged = false;
  const Link& back = LinkFrom(c, 1 - from);
  const bool still_cut = back.cut && back.cut_since <= pipe.unacknowledged_since;
  // A reset that could not travel back then, because of the cut, can now.
  if (!still_cut && c.side[1 - from].open) return;
  Record(c, from, EventKind::kReset, id.Pack(from) + 1, "unacknowledged");
  End(c, id, from, EndedBy("timed out", c.side[1 - from].local));
}

}  // namespace konsul::sim
