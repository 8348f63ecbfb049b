// One process of a search: runs every J-th of its runs and tells its parent through a pipe.
#ifndef KONSUL_CMD_KONSUL_SIM_SEARCH_WORKER_H_
#define KONSUL_CMD_KONSUL_SIM_SEARCH_WORKER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/konsul-sim/common.h"
#include "cmd/konsul-sim/share.h"

namespace konsul::simulator {

// Runs are numbered from 0. Of several scenarios each gets its turn: with N of them, run number R
// is of scenario R % N, with the seed start + R, since what the seed draws for all scenarios alike
// should not be the same for each.
struct SearchPlan {
  std::vector<const Scenario*> scenarios;
  std::string mutant;
  uint64_t start = 1;
  uint64_t seeds = 100;  // of each scenario
  uint64_t jobs = 1;
  Share share;
  // No run begins later.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::string scratch;        // the parent's, which removes it
  uint64_t twice_every = 50;  // these runs are run twice, and their hashes are compared

  // How many runs the share has.
  uint64_t runs() const {
    const uint64_t all = seeds * scenarios.size();
    return (all + share.count - 1 - share.index) / share.count;
  }
  // The number of the share's i-th run.
  uint64_t RunAt(uint64_t i) const { return share.index + i * share.count; }
  const Scenario& ScenarioOf(uint64_t run) const { return *scenarios[run % scenarios.size()]; }
  uint64_t SeedOf(uint64_t run) const { return start + run; }
};

// One line from a worker to its parent.
struct Line {
  enum class Kind { kBegin, kDone, kFailed } kind = Kind::kBegin;
  uint64_t run = 0;  // its number
  int verdict = 0;
  uint64_t events = 0;
  int64_t simulated_ns = 0;
  std::string text;  // kFailed: the first finding; kDone: Coverage::Encode()
};
std::string Encode(const Line& line);  // without the newline
std::optional<Line> Decode(const std::string& text);

// Never returns; writes lines to `pipe` until its runs are done or the first failure.
[[noreturn]] void WorkerMain(const SearchPlan& plan, uint64_t worker, int pipe);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SEARCH_WORKER_H_
