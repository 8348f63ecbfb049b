// Checks for what cannot happen. They stay on in every build: a process that has lost its senses
// must stop before it writes or answers, and the simulator turns the stop into a finding.
//
//   KONSUL_CHECK(match <= last, "match ", match, " beyond the log's end ", last);
#ifndef KONSUL_CORE_BASE_CHECK_H_
#define KONSUL_CORE_BASE_CHECK_H_

#include <string>

#include "absl/strings/str_cat.h"

namespace konsul {

// Called with the full text before the process aborts. The simulator installs one that records the
// run as failed and leaves the stack of the failure for good. One per thread; nullptr removes it.
// Returns the one before.
using CheckFailureHandler = void (*)(const std::string& text);
CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler);

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& detail);

}  // namespace konsul

#define KONSUL_CHECK(condition, ...)                                      \
  do {                                                                    \
    if (__builtin_expect(!(condition), 0)) {                              \
      ::konsul::CheckFailed(__FILE__, __LINE__, #condition,               \
                            absl::StrCat("" __VA_OPT__(, ) __VA_ARGS__)); \
    }                                                                     \
  } while (false)

#endif  // KONSUL_CORE_BASE_CHECK_H_
