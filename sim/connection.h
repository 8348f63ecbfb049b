// The state of one simulated connection: two sides and, between them, two pipes.
//
// Bytes of a pipe live in one buffer from Write to Read; a segment is only a count of them with a
// time of arrival:
//
//     head        head + arrived                      end
//   ----+---------------+------------------------------+
//       |  to be read   |  under way: flight[0], [1]…  |
//   ----+---------------+------------------------------+
#ifndef KONSUL_SIM_CONNECTION_H_
#define KONSUL_SIM_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "core/env/network.h"
#include "sim/types.h"

namespace konsul::sim {

class SimStream;

enum class SegmentKind : uint8_t {
  kEstablish,  // the last step of the handshake: the listener learns of the connection
  kBytes,
  kEnd,  // orderly
  kReset,
};

struct Segment {
  Time arrival;
  uint32_t bytes = 0;
  SegmentKind kind = SegmentKind::kBytes;
};

// From one side to the other.
struct Pipe {
  std::string buffer;
  size_t head = 0;
  size_t arrived = 0;
  std::deque<Segment> flight;
  Time last_arrival;

  uint32_t outstanding = 0;  // sent and not yet credited by the reader
  uint32_t consumed = 0;     // read, and credit not yet sent
  uint32_t credit = 0;       // credit on its way back
  bool credit_under_way = false;

  bool armed = false;  // an event for flight.front() is scheduled
  bool held = false;   // no event: the way is blocked
  Time clogged_until;  // nothing arrives before
  Time held_since;
  bool unacknowledged = false;  // delivered while the way back is cut
  Time unacknowledged_since;

  bool end_sent = false;
  bool end_arrived = false;

  // Forgets what is under way, from the segment at `keep` on.
  void DropFlight(size_t keep) {
    while (flight.size() > keep) {
      buffer.resize(buffer.size() - flight.back().bytes);
      flight.pop_back();
    }
  }
  // Likewise, but the handshake comes to its end: else nobody would ever close the other side.
  void DropBehindHandshake(size_t keep) {
    const bool handshake = !flight.empty() && flight.front().kind == SegmentKind::kEstablish;
    DropFlight(handshake && keep == 0 ? 1 : keep);
  }
  // Forgets what is under way behind its first `n` bytes.
  void DropBytes(size_t n) {
    size_t keep = 0;
    while (keep < flight.size() && n >= flight[keep].bytes) n -= flight[keep++].bytes;
    if (keep == flight.size()) return;
    DropFlight(keep + 1);
    buffer.resize(buffer.size() - (flight.back().bytes - n));
    flight.back().bytes = static_cast<uint32_t>(n);
    // An end that was behind these bytes is lost with them.
    if (n == 0) DropFlight(keep);
  }
  size_t InFlight() const { return buffer.size() - head - arrived; }
  // Forgets `n` bytes at the head.
  void Consume(size_t n) {
    constexpr size_t kCompactAbove = 64 * 1024;
    head += n;
    arrived -= n;
    if (head == buffer.size()) {
      buffer.clear();
      head = 0;
    } else if (head > kCompactAbove && head > buffer.size() / 2) {
      buffer.erase(0, head);
      head = 0;
    }
  }
};

struct Side {
  HostId host;
  env::Endpoint local;
  // The kernel knows this side. Once it does not, what arrives for it is answered by a reset.
  bool open = false;
  SimStream* user = nullptr;  // null while unaccepted, and when the process is gone
};

// Side 0 dialed, side 1 listened; pipe i carries what side i sends.
struct Connection {
  uint32_t generation = 0;
  bool used = false;
  bool established = false;
  Time dial_started;
  uint32_t dial_attempts = 0;
  Side side[2];
  Pipe pipe[2];
};

// Names a connection for as long as it exists.
struct ConnectionId {
  uint32_t slot = 0;
  uint32_t generation = 0;  // 31 bits

  uint64_t Pack(int side) const {
    return static_cast<uint64_t>(slot) << 32 | static_cast<uint64_t>(generation) << 1 |
           static_cast<uint64_t>(side);
  }
  static ConnectionId Unpack(uint64_t arg) {
    return {static_cast<uint32_t>(arg >> 32), static_cast<uint32_t>(arg) >> 1};
  }
  static int UnpackSide(uint64_t arg) { return static_cast<int>(arg & 1); }
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_CONNECTION_H_
