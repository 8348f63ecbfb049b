#include "sim/scenarios/scenarios.h"

namespace konsul::scenarios {

std::string Scenario::Summary() const {
  if (text.rfind("# ", 0) != 0) return "";
  return text.substr(2, text.find('\n') - 2);
}

const Scenario* Find(absl::string_view name) {
  for (const Scenario& scenario : All()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

}  // namespace konsul::scenarios
