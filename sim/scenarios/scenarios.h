// The experiment files of this folder, compiled in.
#ifndef KONSUL_SIM_SCENARIOS_SCENARIOS_H_
#define KONSUL_SIM_SCENARIOS_SCENARIOS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace konsul::scenarios {

struct Scenario {
  std::string name;  // of the file, without ".yaml"
  std::string text;

  // The file's first comment, for lists: what the scenario is for.
  std::string Summary() const;
};

// Ascending by name.
const std::vector<Scenario>& All();
// Null when there is none of this name.
const Scenario* Find(absl::string_view name);

}  // namespace konsul::scenarios

#endif  // KONSUL_SIM_SCENARIOS_SCENARIOS_H_
