// The search behind linearizability.h: just-in-time linearization (Lowe, "Testing for
// linearizability", 2017, after Wing & Gong 1993). Events in order, a set of possible pasts (value,
// which open operations have taken effect), extended only when an operation returns.
//
// The set stays small because values are unique, so that it is known beforehand who will still ask
// for a value (as in Gibbons & Korach, "Testing shared memories", 1997):
//   - reads take effect as soon as they fit: they change nothing, so waiting gains nothing;
//   - a value that somebody has yet to ask for is not left, and not entered while an operation is
//     open that would have to end meanwhile; one that is compared and replaced is left only so;
//   - values that nobody asks for any more, nor names in a comparison, are one and the same;
//   - of puts whose readers have all begun, and of deletes, the one that must be done first goes
//     first: they can change places.
// What nobody knows of goes on: a write of unknown outcome that somebody saw happened before that
// answer (KeyHistory settles this), one that nobody saw can only explain a failed comparison (a
// put) or a missing key (a delete). The deletes are counted, the puts are one flag.
#ifndef KONSUL_SIM_CHECKERS_LINEARIZATION_SEARCH_H_
#define KONSUL_SIM_CHECKERS_LINEARIZATION_SEARCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/checkers/key_history.h"
#include "sim/checkers/past_set.h"

namespace konsul::checkers {

class LinearizationSearch {
 public:
  // `history` outlives the search. Gives up after `work_max` explored pasts.
  LinearizationSearch(const KeyHistory& history, uint64_t work_max)
      : history_(history), work_max_(work_max), open_(64, nullptr) {
    now_.Add({});
  }

  enum class End { kAllFits, kStuck, kGaveUp };
  // Events before position `until`.
  End Run(size_t until);
  End Run() { return Run(history_.events.size()); }

  // kStuck: the operation that could not be.
  const Step* stuck() const { return stuck_; }
  // What the value may be: at the end, or before what could not be. By id.
  std::vector<ValueId> PossibleValues() const;
  uint64_t explored() const { return explored_; }
  const char* why() const { return why_; }  // kGaveUp

 private:
  bool Open(const Step& step);
  // Keeps the pasts in which `step` has taken effect. False: none.
  bool Close(const Step& step);
  // Adds every way to go on from `past` in which the target has taken effect.
  void Extend(Past past, size_t target);
  void ExtendBy(const Past& past, size_t slot, size_t target);
  void ExtendByHidden(const Past& past, const Step& step, size_t target);
  void LookAround(Past& past) const;

  bool Undone(const Past& past, size_t slot) const {
    return open_[slot] != nullptr && (past.done >> slot & 1) == 0;
  }
  // Nobody will ask for it any more.
  bool Finished(ValueId value) const;
  bool MayLeave(ValueId value, const Step* by) const;
  bool MayEnter(const Past& past, size_t slot) const;

  const KeyHistory& history_;
  const uint64_t work_max_;
  std::vector<const Step*> open_;  // by slot
  size_t used_ = 0;                // slots below this were used
  bool hidden_put_ = false;        // there was one so far
  uint32_t hidden_deletes_ = 0;    // how many so far
  size_t at_ = 0;                  // position of the event
  PastSet now_;
  PastSet before_;
  PastSet visited_;
  uint64_t explored_ = 0;
  const Step* stuck_ = nullptr;
  const char* why_ = "";
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LINEARIZATION_SEARCH_H_
