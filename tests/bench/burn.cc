#include "tests/bench/burn.h"

#include <time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "core/env/random.h"

namespace konsul::bench {
namespace {

using Clock = std::chrono::steady_clock;

Duration UsedByThisThread() {
  timespec used = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + Duration(used.tv_nsec);
}

void Spin(Duration amount) {
  const Duration begin = UsedByThisThread();
  while (UsedByThisThread() - begin < amount) {
  }
}

}  // namespace

void Burn(uint64_t percent, Duration lasting) {
  env::Random random(static_cast<uint64_t>(getpid()));
  const Clock::time_point end = Clock::now() + lasting;
  while (Clock::now() < end) {
    const Clock::time_point begin = Clock::now();
    const Duration period = std::chrono::milliseconds(random.Between(5, 50));
    Spin(period * static_cast<int64_t>(percent) / 100);
    std::this_thread::sleep_until(begin + period);
  }
}

ProcessorTime ReadProcessorTime() {
  // proc(5): user nice system idle iowait irq softirq steal.
  std::ifstream file("/proc/stat");
  std::string cpu;
  file >> cpu;
  ProcessorTime time;
  for (int field = 0; field < 8; ++field) {
    uint64_t ticks = 0;
    file >> ticks;
    const bool idle = field == 3 || field == 4;
    time.total += ticks;
    if (!idle) time.busy += ticks;
  }
  return time;
}

double BusyPercent(const ProcessorTime& begin, const ProcessorTime& end) {
  if (end.total <= begin.total) return 0;
  return 100.0 * static_cast<double>(end.busy - begin.busy) /
         static_cast<double>(end.total - begin.total);
}

}  // namespace konsul::bench
