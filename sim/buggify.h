// Makes the choices at the buggify sites of all processes of a world (core/base/buggify.h).
//
// Fault model: a site is armed for a run or it is not; an armed one fires in a fixed share of the
// times that it is asked. Each has a stream of its own, forked by its name, so that a new site, or
// one more caller, reshuffles no other. A site that is not armed draws nothing.
#ifndef KONSUL_SIM_BUGGIFY_H_
#define KONSUL_SIM_BUGGIFY_H_

#include <array>
#include <cstdint>
#include <optional>

#include "core/base/buggify.h"
#include "core/env/random.h"

namespace konsul::sim {

// Owned by the Engine. Asked from fibers; armed by whoever drives the world.
class SimBuggify : public Buggify {
 public:
  // In `ppm` out of a million calls. `random` is the one stream from which all sites' are forked.
  void Arm(BuggifySite site, uint32_t ppm, const env::Random& random);
  // For good; what has fired stays counted.
  void DisarmAll();

  bool Fires(BuggifySite site) override;
  uint64_t fired(BuggifySite site) const { return sites_[static_cast<size_t>(site)].fired; }

 private:
  struct Site {
    uint32_t ppm = 0;
    std::optional<env::Random> random;
    uint64_t fired = 0;
  };
  std::array<Site, kBuggifySites> sites_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_BUGGIFY_H_
