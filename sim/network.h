// The network between the hosts of a world.
//
// Fault model, streams (TCP as its user sees it):
//   - Bytes of one direction arrive in order, in segments of seeded size, after the latency of the
//     link; a Read may return less than is there. At most `window` bytes per direction are on their
//     way or unread; then Write suspends until the reader's credit has travelled back.
//   - A cut is one-way. What it stops is held, as TCP would retransmit it, and arrives after the
//     heal. Where bytes, or the acknowledgement of bytes delivered, cannot pass for
//     `stall_timeout`, the sender's side ends with an error; the other side is not told and stays
//     half-open until it sends something, which a reset then answers.
//   - Dialing takes one round trip. Nobody listens: refused. A cut, a host without power or a full
//     backlog: silence, the attempt is repeated after 1 s, 2 s, 4 s and given up at `dial_timeout`.
//   - A killed process: a seeded part of what it sent still arrives, then a reset, or in
//     `kill_fin_ppm` of cases an orderly end, as kernels do for sockets without unread data. A host
//     that lost power: a seeded part arrives, then silence.
//   - GiveUpConnections ends them for the dialer, as its own time-out would.
//   - Whatever ends a connection, bytes that had arrived are still read, and then the error; if the
//     peer's orderly end had arrived, that. A listener that closes resets who was not accepted.
//   - ResetConnections resets both sides at once, at whatever byte they had come to.
//   - ResetAtAByte lets what is under way arrive up to a random byte first, on each side.
//   - Forget: one side's kernel knows the connections no more (a conntrack table that was lost, a
//     machine that came back); its user sees an error, the other side is half-open until it sends
//     something.
//   - Clog: nothing on the link, or of one connection's direction, arrives before a given time;
//   then
//     everything does. Neither side gives up meanwhile.
//   - A rate limit makes bytes leave one after the other; what cannot leave fills the window, so
//     the writer feels it.
//   - Accept fails on hosts that have no descriptors left, in a share of the calls.
// Datagrams: lost in a cut, and as DatagramFaults says lost, duplicated, reordered, corrupted,
// truncated; a full receive buffer drops.
// What is not modelled: congestion control, TIME_WAIT, a shared bottleneck (each link has its own
// rate limit, none by default), and corruption of stream bytes, which TLS and CRCs guard in
// reality.
//
// Not in any fiber: everything here is called by whoever drives the world.
#ifndef KONSUL_SIM_NETWORK_H_
#define KONSUL_SIM_NETWORK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/env/network.h"
#include "sim/engine.h"
#include "sim/link.h"
#include "sim/types.h"

namespace konsul::sim {

struct NetworkOptions {
  LatencyModel latency;  // between hosts
  LatencyModel loopback{.base = 10us, .jitter = 5us, .tail_max = 100us};
  DatagramFaults datagrams;
  uint32_t window = 256 * 1024;  // bytes, per direction of a stream
  uint32_t max_segment = 64 * 1024;
  uint32_t backlog = 128;  // connections a listener keeps unaccepted
  Duration dial_timeout = 15s;
  Duration stall_timeout = 15s;
  uint32_t datagram_buffer = 256 * 1024;  // bytes a socket keeps unreceived
  // Buggify, out of a million calls.
  uint32_t short_read_ppm = 50'000;     // Read returns a random part of what is there
  uint32_t short_segment_ppm = 50'000;  // Write hands over a random part at a time
  uint32_t accept_failure_ppm = 0;      // Accept answers ResourceExhausted
  uint32_t kill_fin_ppm = 500'000;
};

// What went over the network, exactly; for `performance` runs.
struct NetworkCounters {
  uint64_t stream_segments = 0;
  uint64_t stream_bytes = 0;
  uint64_t datagrams_sent = 0;
  uint64_t datagrams_delivered = 0;
  uint64_t datagram_bytes = 0;
  uint64_t dials = 0;
  uint64_t resets = 0;
};

class Fabric;  // internal: the state behind this class (sim/fabric.h)

class Network {
 public:
  Network(Engine& engine, const NetworkOptions& options);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Faults. Each call is one trace record; the order of the hosts is from, to.
  void Cut(HostId from, HostId to);
  void Heal(HostId from, HostId to);
  void CutBoth(HostId a, HostId b);
  void HealBoth(HostId a, HostId b);
  // Every cut and clog ends. Latencies, rates and datagram faults stay.
  void HealAll();
  // Nothing arrives from `from` at `to` for `d` from now.
  void Clog(HostId from, HostId to, Duration d);
  // Likewise for one established stream between them, picked by `draw`; false when there is none.
  bool ClogOne(HostId from, HostId to, Duration d, uint64_t draw);
  // Established streams between the two: both sides get a reset after a random byte of what was on
  // its way to them. With `draw` only one stream, picked by it.
  void ResetAtAByte(HostId a, HostId b, std::optional<uint64_t> draw = std::nullopt);
  // Established streams between the two end for `from`, and `to` is not told. As above.
  void Forget(HostId from, HostId to, std::optional<uint64_t> draw = std::nullopt);
  // Out of a million calls of Accept on this host; 0 is normal.
  void SetAcceptFailure(HostId host, uint32_t ppm);
  // Every established stream between the two ends now, for both.
  void ResetConnections(HostId a, HostId b);
  // Every stream that `from` dialed to `to` ends for `from` now; what it had sent still arrives,
  // and the end behind it. A new stream may overtake it.
  void GiveUpConnections(HostId from, HostId to);
  void SetLatency(HostId from, HostId to, const LatencyModel& model);
  void SetDatagramFaults(HostId from, HostId to, const DatagramFaults& faults);
  // 0: no limit.
  void SetRate(HostId from, HostId to, uint64_t bytes_per_second);

  bool IsCut(HostId from, HostId to) const;
  // The options in force; the buggify rates and time-outs may be changed while the world runs.
  NetworkOptions& options();
  const NetworkCounters& counters() const;
  // Streams that at least one side still holds; for leak checks.
  size_t open_connections() const;

  Fabric& fabric() { return *fabric_; }  // for Host

 private:
  Engine& engine_;
  std::unique_ptr<Fabric> fabric_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_NETWORK_H_
