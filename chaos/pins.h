// The names under which an experiment pins what its seed would draw: one table for whoever reads,
// writes or leaves out pins. Pure.
#ifndef KONSUL_CHAOS_PINS_H_
#define KONSUL_CHAOS_PINS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "chaos/experiment.h"

namespace konsul::chaos {

struct PinField {
  enum class Kind {
    kDuration,
    kCount,  // entries, bytes, calls
    kShare,  // parts per million; a percentage in the file
    kFlag,   // 0 or 1; a truth value in the file
  };
  const char* name;
  Kind kind;
  std::optional<Duration> Pins::* duration = nullptr;  // of kDuration
  std::optional<uint64_t> Pins::* number = nullptr;    // of the others
  uint64_t least = 1;                                  // of kCount

  bool IsSet(const Pins& pins) const {
    return duration != nullptr ? (pins.*duration).has_value() : (pins.*number).has_value();
  }
  void Reset(Pins& pins) const {
    if (duration != nullptr) (pins.*duration).reset();
    if (number != nullptr) (pins.*number).reset();
  }
};

// In the order in which they are written. Pins::election_timeouts, a list, is not among them.
const std::vector<PinField>& PinFields();

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_PINS_H_
