// The smallest part of a history that already has no order, for people.
//
// Operations are forgotten one by one (delta debugging, Zeller & Hildebrandt 2002), as long as the
// rest still has no order. Forgetting a read, or a comparison that failed, removes it. Forgetting a
// write must not make others lie that saw it: it may have happened then, or not, at some moment of
// its time. So whatever happened outside the window, what is in it cannot have been.
//
// In the window are the operations that cannot be forgotten, none of them needlessly, and those
// that wrote what these saw. Does not check anything by itself; does not look for the smallest of
// all windows, but for one that cannot be made smaller by leaving out one operation.
#ifndef KONSUL_SIM_CHECKERS_ILLEGAL_WINDOW_H_
#define KONSUL_SIM_CHECKERS_ILLEGAL_WINDOW_H_

#include <string>
#include <vector>

#include "sim/checkers/history.h"

namespace konsul::checkers {

struct IllegalWindow {
  std::vector<const Operation*> operations;  // by time
  std::vector<bool> forgotten;               // by position in the history
  std::string story;                         // what cannot be, what was there before, a picture
};

// Of one key's operations, in the order of invocation, which are not linearizable.
IllegalWindow FindIllegalWindow(const std::vector<const Operation*>& operations);

// One line per client, time from left to right but not to scale.
std::string DrawTimeline(const std::vector<const Operation*>& operations, const Operation* wrong);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_ILLEGAL_WINDOW_H_
