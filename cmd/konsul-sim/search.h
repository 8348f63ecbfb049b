// Many seeds of one scenario on several processes, until one fails.
#ifndef KONSUL_CMD_KONSUL_SIM_SEARCH_H_
#define KONSUL_CMD_KONSUL_SIM_SEARCH_H_

#include <cstdint>
#include <string>

#include "cmd/konsul-sim/coverage.h"
#include "cmd/konsul-sim/search_worker.h"

namespace konsul::simulator {

struct SearchResult {
  uint64_t done = 0;  // runs
  uint64_t events = 0;
  int64_t simulated_ns = 0;
  double seconds = 0;
  double processor_seconds = 0;
  Coverage coverage;  // of the runs that passed, added up
  bool interrupted = false;
  bool failed = false;
  // When it failed: the first run that does, however many processes there are.
  uint64_t run = 0;
  int verdict = 0;
  std::string finding;  // "oracle: text"
};

// Forks, so there must be one thread. Takes over SIGINT and SIGTERM. `quiet`: no progress bar.
SearchResult RunSearch(const SearchPlan& plan, bool quiet);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SEARCH_H_
