// One key's operations, prepared for the search of linearization_search.h: values as numbers, times
// as positions, outcomes of unknown writes settled where somebody saw them, and for each value who
// needs it and until when.
#ifndef KONSUL_SIM_CHECKERS_KEY_HISTORY_H_
#define KONSUL_SIM_CHECKERS_KEY_HISTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "sim/checkers/history.h"

namespace konsul::checkers {

using ValueId = uint32_t;
inline constexpr ValueId kMissing = 0;
inline constexpr ValueId kHidden = 1;  // some value that nobody asks for any more
inline constexpr ValueId kNobodys = ~ValueId{0};

// An operation that took effect, a comparison that certainly failed, or (optional) a write that may
// have taken effect between its beginning and its end.
struct Step {
  const Operation* op = nullptr;
  ValueId looks_for = kMissing;  // of a read or a compare-and-set
  ValueId writes = kMissing;     // of a put or a successful compare-and-set
  bool optional = false;
  size_t returns = 0;  // position of its end in `events`

  bool FailedComparison() const {
    return op->kind == OpKind::kCas && op->outcome == Outcome::kFailed;
  }
  bool OnlyLooks() const { return op->kind == OpKind::kRead || FailedComparison(); }
  bool Compares() const { return op->kind == OpKind::kCas && !optional; }
  bool Fits(ValueId state) const {
    if (FailedComparison()) return state != looks_for;
    if (op->kind == OpKind::kRead || Compares()) return state == looks_for;
    return true;
  }
};

struct KeyEvent {
  // In the order in which they count at one moment: what begins then overlaps with what ends then.
  enum Kind { kInvoke, kHiddenPut, kHiddenDelete, kReturn };
  Duration at{};
  Kind kind = kInvoke;
  size_t step = 0;
};

// Positions are those of events. Values are unique: what was left never comes back.
struct Value {
  const Operation* writer = nullptr;
  size_t last_use = 0;     // when the last step begins that finds it there
  size_t deadline = 0;     // when the first step ends that wrote it or finds it there
  bool compared = false;   // a compare-and-set replaces it
  size_t named_until = 0;  // when the last failed comparison with it ends
};

struct KeyHistory {
  std::vector<Step> steps;
  std::vector<KeyEvent> events;  // by time
  std::vector<Value> values;     // by id

  // `forgotten[i]`: of operation i it counts only that it may have happened in its time; reads and
  // failed comparisons say nothing then. Empty: none is. Returns what is wrong when a value was
  // seen that nobody wrote; empty when all is well.
  std::string Build(const std::vector<const Operation*>& operations,
                    const std::vector<bool>& forgotten);
  std::string Show(ValueId value) const;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_KEY_HISTORY_H_
