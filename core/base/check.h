// Checks for what cannot happen. They stay on in every build: a process that has lost its senses
// must stop before it writes or answers, and the simulator turns the stop into a finding.
//
//   KONSUL_CHECK(match <= last, "match ", match, " beyond the log's end ", last);
//
// In builds with planted bugs (core/base/mutation.h), and nowhere else, they can be switched off:
// what the oracles of the simulator find must not depend on them. A condition that is the constant
// false marks a place that is never reached, and keeps its effect.
#ifndef KONSUL_CORE_BASE_CHECK_H_
#define KONSUL_CORE_BASE_CHECK_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace konsul {

// Called with the full text before the process aborts. The simulator installs one that records the
// run as failed and leaves the stack of the failure for good. One per thread; nullptr removes it.
// Returns the one before.
using CheckFailureHandler = void (*)(const std::string& text);
CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler);

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& detail);

namespace checks {

#ifdef KONSUL_MUTANTS
inline bool enabled = true;  // process-wide; set before a run starts
#else
inline constexpr bool enabled = true;
#endif

consteval bool NeverReached(const char* condition) {
  return std::string_view(condition) == "false";
}

}  // namespace checks
}  // namespace konsul

#define KONSUL_CHECK(condition, ...)                                                 \
  do {                                                                               \
    if (__builtin_expect(!(condition), 0)) {                                         \
      if (::konsul::checks::NeverReached(#condition) || ::konsul::checks::enabled) { \
        ::konsul::CheckFailed(__FILE__, __LINE__, #condition,                        \
                              absl::StrCat("" __VA_OPT__(, ) __VA_ARGS__));          \
      }                                                                              \
    }                                                                                \
  } while (false)

#endif  // KONSUL_CORE_BASE_CHECK_H_
