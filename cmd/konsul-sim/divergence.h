// Where two runs part: the first event that differs, not only that something does.
#ifndef KONSUL_CMD_KONSUL_SIM_DIVERGENCE_H_
#define KONSUL_CMD_KONSUL_SIM_DIVERGENCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cmd/konsul-sim/common.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {

// One of two runs to compare.
struct Side {
  chaos::Experiment experiment;
  uint64_t seed = 0;
  std::string name;
};

struct Divergence {
  uint64_t event = 0;  // its number
  // The last ones before it, and what it is on either side; empty where that run has ended. JSON.
  std::vector<std::string> before;
  std::string a;
  std::string b;

  // In one line.
  std::string ToString() const;
};

struct Comparison {
  cluster::Report a;
  cluster::Report b;
  std::optional<Divergence> divergence;  // none: the runs are the same
};

// Runs both, once each, the same one twice to see whether it is a pure function. The first one's
// events lie in a file meanwhile, some hundred bytes for each.
Comparison Compare(const Side& a, const Side& b, Scratch& scratch);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_DIVERGENCE_H_
