// A process that keeps one processor busy for a given part of the time.
#ifndef KONSUL_TESTS_BENCH_BURN_H_
#define KONSUL_TESTS_BENCH_BURN_H_

#include <cstdint>

#include "core/base/time.h"

namespace konsul::bench {

// Uses `percent` of one processor, in bursts of 5 to 50 ms, until that much time has passed; more
// than one burst's worth of time that others had the processor for is not made up for. Blocks.
void Burn(uint64_t percent, Duration lasting);

// Which part of all processors' time was used by anybody, between two calls: the counters of
// /proc/stat. Zero where there is no such file.
struct ProcessorTime {
  uint64_t busy = 0;
  uint64_t total = 0;
};
ProcessorTime ReadProcessorTime();
double BusyPercent(const ProcessorTime& begin, const ProcessorTime& end);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_BURN_H_
