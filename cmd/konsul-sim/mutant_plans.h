// How each planted bug is looked for: which bug of a real system it stands for, and which scenarios
// make it likely.
#ifndef KONSUL_CMD_KONSUL_SIM_MUTANT_PLANS_H_
#define KONSUL_CMD_KONSUL_SIM_MUTANT_PLANS_H_

#include <string>
#include <vector>

#include "core/base/mutation.h"

namespace konsul::simulator {

struct MutantPlan {
  Mutation mutation = Mutation::kNone;
  const char* seen_in = "";            // where such a bug was found
  std::vector<std::string> scenarios;  // tried in this order
  // It breaks no promise but this one, so every seed runs twice.
  bool nondeterminism = false;
};

// One for each mutation but kNone, in the order of the enum.
const std::vector<MutantPlan>& MutantPlans();

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_MUTANT_PLANS_H_
