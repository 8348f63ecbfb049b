// The proof that a run is a pure function of (build, seed, scenario).
//
// Everything that happens is one record: (number, virtual time, host, kind, payload hash, draws of
// the random stream that decided it). All records are rolled into one 128-bit hash; its value after
// every thousandth record is kept as a checkpoint, so two runs that differ are found to differ at a
// known thousand events, and a second run with a sink shows the event itself.
//
// A sink sees the records; it must not touch the world. Text details are made only for a sink, and
// never enter the hash: it is the same with tracing on and off.
#ifndef KONSUL_SIM_TRACE_H_
#define KONSUL_SIM_TRACE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/hash.h"
#include "sim/types.h"

namespace konsul::sim {

enum class EventKind : uint8_t {
  kCall,       // a function given to World::At ran
  kRun,        // fibers of a host ran; payload: how many switches
  kTimer,      // a deadline of a fiber of the host came
  kDial,       // a step of a connection's handshake
  kSegment,    // bytes, or the orderly end, of a stream arrived
  kReset,      // one side of a stream was reset
  kHeld,       // stream data could not be delivered and waits (a cut, a host without power)
  kDatagram,   // a datagram arrived
  kDrop,       // a datagram was lost
  kDisk,       // a disk operation ended
  kDiskFault,  // a disk operation met an armed fault
  kProcess,    // started, killed, ended, paused, resumed, power lost
  kClock,      // somebody changed a host's clock
  kLink,       // cut, healed, clogged, latency changed
  kNote,       // World::Note: workloads and checkers record what they decided
};
inline constexpr size_t kEventKinds = static_cast<size_t>(EventKind::kNote) + 1;

// "call", "run", "segment", ...
absl::string_view EventKindName(EventKind kind);

struct TraceRecord {
  uint64_t number = 0;  // from 1, without gaps
  Time time;
  HostId host;  // 0 when it concerns no single host
  EventKind kind = EventKind::kNote;
  uint64_t payload = 0;
  Hash128 hash;              // of all records up to this one
  absl::string_view detail;  // for people; valid during the call
};

// One line of JSON without the newline.
std::string ToJson(const TraceRecord& record);

class Trace {
 public:
  using Sink = std::function<void(const TraceRecord&)>;
  static constexpr uint64_t kCheckpointEvery = 1000;

  // nullptr removes it.
  void SetSink(Sink sink) { sink_ = std::move(sink); }

  void Add(Time time, HostId host, EventKind kind, uint64_t payload, uint64_t draws) {
    Roll(time, host, kind, payload, draws);
    if (sink_) Emit(time, host, kind, payload, "");
  }
  // `detail()` returns something convertible to absl::string_view; called for a sink only.
  template <typename Detail>
  void Add(Time time, HostId host, EventKind kind, uint64_t payload, uint64_t draws,
           Detail detail) {
    Roll(time, host, kind, payload, draws);
    if (sink_) {
      const auto text = detail();
      Emit(time, host, kind, payload, text);
    }
  }

  uint64_t events() const { return events_; }
  uint64_t count(EventKind kind) const { return counts_[static_cast<size_t>(kind)]; }
  const Hash128& hash() const { return hash_.value(); }
  // checkpoints()[i] is the hash after record (i + 1) * kCheckpointEvery.
  const std::vector<Hash128>& checkpoints() const { return checkpoints_; }

 private:
  void Roll(Time time, HostId host, EventKind kind, uint64_t payload, uint64_t draws) {
    ++events_;
    ++counts_[static_cast<size_t>(kind)];
    hash_.Add(static_cast<uint64_t>(time.ns));
    hash_.Add(payload);
    hash_.Add(draws * 256 + static_cast<uint64_t>(kind) + (host.value << 48) + (events_ << 24));
    if (events_ % kCheckpointEvery == 0) checkpoints_.push_back(hash_.value());
  }
  void Emit(Time time, HostId host, EventKind kind, uint64_t payload, absl::string_view detail);

  RollingHash hash_;
  uint64_t events_ = 0;
  std::array<uint64_t, kEventKinds> counts_{};
  std::vector<Hash128> checkpoints_;
  Sink sink_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_TRACE_H_
