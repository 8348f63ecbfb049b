// Histories of one register that is correct, as concurrent clients see it: to test the checkers
// with, and to measure them. Every operation takes effect at a random moment of its time; those
// whose outcome the client does not learn take effect then, much later, or never.
#ifndef KONSUL_SIM_CHECKERS_HISTORY_GENERATOR_H_
#define KONSUL_SIM_CHECKERS_HISTORY_GENERATOR_H_

#include <cstdint>

#include "sim/checkers/history.h"

namespace konsul::checkers {

struct HistoryShape {
  const char* name = "";
  uint32_t read = 50;  // weights
  uint32_t put = 30;
  uint32_t cas = 10;
  uint32_t remove = 10;
  uint32_t unknown_percent = 5;
  uint32_t clients = 16;
  size_t operations = 10'000;
  // Between two operations of a client, at most; 0: each has one open at any time.
  Duration pause{};
  // Reads at the end that answer with a value of long ago: no correct register does.
  bool stale_reads = false;
};

// A function of its arguments.
History GenerateHistory(const HistoryShape& shape, uint64_t seed);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_HISTORY_GENERATOR_H_
