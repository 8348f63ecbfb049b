// One process of a search: runs every J-th seed and tells its parent through a pipe.
#ifndef KONSUL_CMD_KONSUL_SIM_SEARCH_WORKER_H_
#define KONSUL_CMD_KONSUL_SIM_SEARCH_WORKER_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "cmd/konsul-sim/common.h"

namespace konsul::simulator {

struct SearchPlan {
  const Scenario* scenario = nullptr;
  std::string mutant;
  uint64_t start = 1;
  uint64_t seeds = 100;
  uint64_t jobs = 1;
  std::string scratch;        // the parent's, which removes it
  uint64_t twice_every = 50;  // these seeds run twice, and their hashes are compared
};

// What begins so among the probes is how often a buggify site fired.
inline constexpr char kBuggifyProbe[] = "buggify/";

// One line from a worker to its parent.
struct Line {
  enum class Kind { kBegin, kDone, kFailed } kind = Kind::kBegin;
  uint64_t seed = 0;
  int verdict = 0;
  uint64_t events = 0;
  int64_t simulated_ns = 0;
  std::string text;  // kFailed: the first finding; kDone: probes, "name=count ..."
};
std::string Encode(const Line& line);  // without the newline
std::optional<Line> Decode(const std::string& text);

// Never returns; writes lines to `pipe` until its seeds are done or the first failure.
[[noreturn]] void WorkerMain(const SearchPlan& plan, uint64_t worker, int pipe);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SEARCH_WORKER_H_
