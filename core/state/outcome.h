// What became of one operation on the tables.
#ifndef KONSUL_CORE_STATE_OUTCOME_H_
#define KONSUL_CORE_STATE_OUTCOME_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace konsul::state {

struct Outcome {
  bool success = true;  // false: a condition did not hold
  std::string error;    // not empty: it makes no sense, for this reason

  static Outcome Done() { return {}; }
  static Outcome No() { return {.success = false, .error = {}}; }
  static Outcome Refused(std::string why) { return {.success = false, .error = std::move(why)}; }
};

// In the first case the tables are as they should be; an error means that the store failed.
using OutcomeOr = absl::StatusOr<Outcome>;

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_OUTCOME_H_
