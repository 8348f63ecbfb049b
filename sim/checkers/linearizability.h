// Linearizability of client histories (Herlihy & Wing 1990): there is an order of all operations,
// consistent with the times at which they began and ended, in which each gives the answer it gave.
//
// Each key is a register of its own (locality), with read, put, compare-and-set and delete.
// linearization_search.h finds the order; illegal_window.h shows what has none.
//
// Does not check: operations over several keys, `stale` reads (must not be in the history), the
// ModifyIndex itself. A put or compare-and-set of unknown outcome that nobody saw may explain more
// failed comparisons than it should: the check errs to the side of silence there.
#ifndef KONSUL_SIM_CHECKERS_LINEARIZABILITY_H_
#define KONSUL_SIM_CHECKERS_LINEARIZABILITY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"
#include "sim/checkers/history.h"

namespace konsul::checkers {

enum class Linearizable { kYes, kNo, kUndecided };

struct LinearizabilityResult {
  Linearizable answer = Linearizable::kYes;
  // kNo: the smallest part that does not fit, as a picture. kUndecided: why.
  std::string story;
  std::vector<const Operation*> window;  // kNo: that part, by time
  uint64_t explored = 0;                 // pasts, to find the answer
};

// Operations of one key, in the order of invocation. Only the answer, without a story.
LinearizabilityResult DecideKey(const std::vector<const Operation*>& operations);
// With it.
LinearizabilityResult CheckKey(const std::vector<const Operation*>& operations);

// Every key; reports the first that fails as "linearizability". Returns how many keys could not be
// decided.
size_t CheckLinearizability(const History& history, Findings& findings);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LINEARIZABILITY_H_
