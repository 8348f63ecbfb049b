// All connections of a world and the events that move them. The fault model is in network.h.
#ifndef KONSUL_SIM_STREAM_LAYER_H_
#define KONSUL_SIM_STREAM_LAYER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/env/network.h"
#include "sim/connection.h"
#include "sim/engine.h"
#include "sim/network.h"
#include "sim/port_table.h"
#include "sim/topology.h"

namespace konsul::sim {

class SimListener;
class SimStream;

class StreamLayer : private EventTarget {
 public:
  StreamLayer(Engine& engine, Topology& topology, const NetworkOptions& options,
              NetworkCounters& counters)
      : engine_(engine), topology_(topology), options_(options), counters_(counters) {}

  void AddMachine() { listeners_.emplace_back(); }

  // For streams and listeners --------------------------------------------------------------------

  // Starts the handshake; attaches `stream`.
  void Dial(HostId from, HostId to, const env::Endpoint& at, SimStream* stream);
  bool PortTaken(HostId host, const env::Endpoint& at) const;
  void Listen(HostId host, const env::Endpoint& at, SimListener* listener);
  void Unlisten(HostId host, const env::Endpoint& at);
  // False when the connection has ended meanwhile.
  bool Accept(ConnectionId id, SimStream* stream);
  bool DrawAcceptFailure(HostId host);

  struct Received {
    size_t bytes = 0;
    bool end = false;  // the orderly end, and nothing before it
  };
  // Receive would say more than nothing.
  bool Readable(ConnectionId id, int side);
  Received Receive(ConnectionId id, int side, absl::Span<char> buffer);
  // Takes a prefix of `data`, in one segment; returns its length, 0 when the window is full.
  size_t Send(ConnectionId id, int side, absl::string_view data);
  bool Writable(ConnectionId id, int side);
  void EndWrites(ConnectionId id, int side);
  void Close(ConnectionId id, int side);
  // The listener of a connection that nobody has accepted closes.
  void Reject(ConnectionId id);

  // For whoever drives the world -----------------------------------------------------------------

  // The process of `host` is gone: its connections end as NetworkOptions says, or in silence.
  void CutOff(HostId host, bool lose_power);
  void ResetBetween(HostId a, HostId b);
  void GiveUpDialed(HostId from, HostId to);
  // See network.h.
  bool ClogOne(HostId from, HostId to, Time until, uint64_t draw);
  void UnclogAll();
  // The rate of a link has changed: what is on its way leaves anew, but never later than it would.
  void Retime(HostId from, HostId to);
  void ResetAtAByte(HostId a, HostId b, std::optional<uint64_t> draw);
  void Forget(HostId from, HostId to, std::optional<uint64_t> draw);
  // Blockages ended: what was held and can go on does.
  void ReleaseHeld();
  size_t open_connections() const;

 private:
  enum What : uint32_t {
    kSyn,
    kSynAck,
    kRefused,
    kRetryDial,
    kDialTimeout,
    kDeliver,
    kCredit,
    kReset,
    kStalled,
    kUnacknowledged
  };

  void OnEvent(uint32_t what, uint64_t arg) override;
  void OnSyn(Connection& c, ConnectionId id);
  void OnSynAck(Connection& c, ConnectionId id);
  void RetryDial(Connection& c, ConnectionId id);
  void Refuse(Connection& c, ConnectionId id);

  void Deliver(Connection& c, ConnectionId id, int from);
  void DeliverOne(Connection& c, ConnectionId id, int from, const Segment& segment);
  void Establish(Connection& c, ConnectionId id);
  void OnCredit(Connection& c, ConnectionId id, int from);
  void OnReset(Connection& c, ConnectionId id, int side);
  void OnStalled(Connection& c, ConnectionId id, int from);
  void OnUnacknowledged(Connection& c, ConnectionId id, int from);

  // Established and open on both sides, with the host `a` on the side returned; one of them when
  // there is a draw.
  std::vector<std::pair<ConnectionId, int>> Between(HostId a, HostId b,
                                                    std::optional<uint64_t> draw);

  Connection* Get(ConnectionId id);
  ConnectionId Allocate();
  void Enqueue(Connection& c, ConnectionId id, int from, SegmentKind kind, uint32_t bytes);
  void Arm(Connection& c, ConnectionId id, int from, Time at);
  void Hold(Connection& c, ConnectionId id, int from);
  void SendReset(Connection& c, ConnectionId id, int to_side);
  // The kernel of this side forgets the connection; its user, if any, sees `why`.
  void End(Connection& c, ConnectionId id, int side, const absl::Status& why);
  void FreeIfOver(Connection& c, ConnectionId id);
  void WatchAcknowledgement(Connection& c, ConnectionId id, int from);

  Link& LinkFrom(const Connection& c, int side) {
    return topology_.link(c.side[side].host, c.side[1 - side].host);
  }
  bool BlockedFrom(const Connection& c, int side) const {
    return topology_.Blocked(c.side[side].host, c.side[1 - side].host);
  }
  void Record(const Connection& c, int side, EventKind kind, uint64_t payload, const char* what);

  Engine& engine_;
  Topology& topology_;
  const NetworkOptions& options_;
  NetworkCounters& counters_;
  std::deque<Connection> connections_;  // a deque: references stay valid as it grows
  std::vector<uint32_t> free_;
  std::vector<PortTable<SimListener>> listeners_;  // by host
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_STREAM_LAYER_H_
