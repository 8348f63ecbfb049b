// Linearizability of client histories (Herlihy & Wing 1990): there is an order of all operations,
// consistent with the times at which they began and ended, in which each gives the answer it gave.
//
// Each key is a register of its own (locality), with read, put, compare-and-set and delete. The
// search is just-in-time linearization (Lowe, "Testing for linearizability", 2017, after Wing &
// Gong 1993): events in order, a set of possible pasts (value, which open operations have taken
// effect), extended only when an operation returns. What keeps it small:
//   - reads take effect as soon as they fit: they change nothing, so waiting gains nothing;
//   - values are unique, so a write of unknown outcome that somebody saw must have happened before
//     that answer, and one that nobody saw can only explain a failed comparison (a put) or a
//     missing key (a delete): the deletes are counted, the puts are one flag.
//
// Does not check: operations over several keys, `stale` reads (must not be in the history), the
// ModifyIndex itself. A put or compare-and-set of unknown outcome that nobody saw may explain more
// failed comparisons than it should: the check errs to the side of silence there.
#ifndef KONSUL_SIM_CHECKERS_LINEARIZABILITY_H_
#define KONSUL_SIM_CHECKERS_LINEARIZABILITY_H_

#include <string>
#include <vector>

#include "sim/checkers/findings.h"
#include "sim/checkers/history.h"

namespace konsul::checkers {

enum class Linearizable { kYes, kNo, kUndecided };

struct LinearizabilityResult {
  Linearizable answer = Linearizable::kYes;
  std::string key;
  // kNo: the operation that does not fit and those that it collides with. kUndecided: why.
  std::string story;
};

// Operations of one key, in the order of invocation.
LinearizabilityResult CheckKey(const std::vector<const Operation*>& operations);

// Every key; reports the first that fails as "linearizability". Returns how many keys could not be
// decided.
size_t CheckLinearizability(const History& history, Findings& findings);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LINEARIZABILITY_H_
