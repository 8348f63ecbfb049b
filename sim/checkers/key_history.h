// One key's operations, prepared for the search in linearizability.cc: values as numbers, outcomes
// of unknown writes settled where somebody saw them.
#ifndef KONSUL_SIM_CHECKERS_KEY_HISTORY_H_
#define KONSUL_SIM_CHECKERS_KEY_HISTORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/checkers/history.h"

namespace konsul::checkers {

using ValueId = uint32_t;
inline constexpr ValueId kMissing = 0;
inline constexpr ValueId kHidden = 1;  // of a write that nobody ever saw

// An operation that certainly took effect, or a comparison that certainly failed.
struct Step {
  const Operation* op = nullptr;
  ValueId looks_for = kMissing;  // of a read or a compare-and-set
  ValueId writes = kMissing;     // of a put or a successful compare-and-set
  Duration returned{};

  bool FailedComparison() const {
    return op->kind == OpKind::kCas && op->outcome == Outcome::kFailed;
  }
  bool OnlyLooks() const { return op->kind == OpKind::kRead || FailedComparison(); }
  bool Fits(ValueId state) const {
    if (FailedComparison()) return state != looks_for;
    if (op->kind == OpKind::kRead || op->kind == OpKind::kCas) return state == looks_for;
    return true;
  }
  ValueId After(ValueId state) const { return OnlyLooks() ? state : writes; }
};

struct KeyEvent {
  // In the order in which they count at one moment: what begins then overlaps with what ends then.
  enum Kind { kInvoke, kHiddenPut, kHiddenDelete, kReturn };
  Duration at{};
  Kind kind = kInvoke;
  size_t step = 0;
};

struct KeyHistory {
  std::vector<Step> steps;
  std::vector<KeyEvent> events;                 // by time
  std::map<ValueId, const Operation*> writers;  // who wrote a value

  // Returns what is wrong when a value was seen that nobody wrote; empty when all is well.
  std::string Build(const std::vector<const Operation*>& operations);
  std::string Show(ValueId value) const;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_KEY_HISTORY_H_
