#include "sim/buggify.h"

namespace konsul::sim {

void SimBuggify::Arm(BuggifySite site, uint32_t ppm, const env::Random& random) {
  Site& armed = sites_[static_cast<size_t>(site)];
  armed.ppm = ppm;
  armed.random = random.Fork(BuggifyName(site));
}

void SimBuggify::DisarmAll() {
  for (Site& site : sites_) site.ppm = 0;
}

bool SimBuggify::Fires(BuggifySite site) {
  Site& asked = sites_[static_cast<size_t>(site)];
  if (asked.ppm == 0 || !asked.random->Chance(asked.ppm, 1'000'000)) return false;
  ++asked.fired;
  return true;
}

}  // namespace konsul::sim
