// A schedule from bytes, for fuzzers: any bytes make a valid experiment, and bytes that are near
// each other make experiments that are.
//
//   byte 0     the cluster: bits 0-1 how many servers (3, 3, 4, 5), bit 2 a spare and an operator
//   byte 1     the seed: latencies, what clients do, the servers' options
//   then records of eight bytes, of which an incomplete last one counts for nothing:
//     0        what (ScheduleAction), modulo their number
//     1, 2     when: a fraction of the duration, 65536ths, the higher byte first
//     3        whom: a bit per server; none: whoever leads then
//     4        cut off from whom: a bit per server; none: everybody
//     5        how long: in steps of 10 ms, up to 2.56 s
//     6        how much: an offset, a delay, a share, an operator's turn
//     7        how: direction, with loss of unsynced bytes, wall or monotonic
//
// Pure. The experiment has `swarm` off, so that the same bytes do the same with any number of
// records behind them, except for what the seed draws.
#ifndef KONSUL_CHAOS_SCHEDULE_BYTES_H_
#define KONSUL_CHAOS_SCHEDULE_BYTES_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "chaos/experiment.h"

namespace konsul::chaos {

enum class ScheduleAction : uint8_t {
  kCut,
  kKill,
  kPowerLoss,
  kPause,
  kSlowLinks,
  kReset,
  kClockStep,
  kClockDrift,
  kClockFreeze,
  kIoError,
  kIoStall,
  kSlowSyncs,
  kClog,
  kHalfOpen,
  kSlowProcess,
  kTurn,  // the operator's
  kCount,
};

inline constexpr size_t kScheduleHeaderBytes = 2;
inline constexpr size_t kScheduleRecordBytes = 8;
// What is behind them is not looked at.
inline constexpr size_t kScheduleRecordsMax = 64;

Experiment ScheduleFromBytes(absl::Span<const uint8_t> bytes);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_SCHEDULE_BYTES_H_
