// Rounder times. Pure.
#ifndef KONSUL_CMD_KONSUL_SIM_SHRINK_ROUND_H_
#define KONSUL_CMD_KONSUL_SIM_SHRINK_ROUND_H_

#include "core/base/time.h"

namespace konsul::simulator {

// From coarse to fine.
inline constexpr Duration kGrains[] = {1s, 100ms, 10ms, 1ms};

// To the nearest multiple; false when it is one.
inline bool Round(Duration& at, Duration grain) {
  const Duration rounded = (at + grain / 2) / grain * grain;
  if (rounded == at) return false;
  at = rounded;
  return true;
}

// Never shorter.
inline bool RoundUp(Duration& span, Duration grain) {
  const Duration rounded = (span + grain - Duration(1)) / grain * grain;
  if (rounded == span) return false;
  span = rounded;
  return true;
}

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_ROUND_H_
