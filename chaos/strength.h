// The numbers of a fault that a run may draw: `strength: {latency: 1ms-200ms, loss: "1-50"}` beside
// the body. Small ones are as likely as big ones: first the power of two is drawn, then the number.
// Pure.
#ifndef KONSUL_CHAOS_STRENGTH_H_
#define KONSUL_CHAOS_STRENGTH_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chaos/experiment.h"
#include "core/env/random.h"

namespace konsul::chaos {

enum class Unit { kDuration, kPercent, kRate, kPpm };

// One number that this fault has.
struct StrengthSlot {
  std::string name;
  Unit unit;
  std::function<void(uint64_t)> set;
};
// The slots refer to `fault`.
std::vector<StrengthSlot> SlotsOf(Fault& fault);

// "1ms-200ms", "1-50" (percent), "1kbps-1mbps", "100-50000". InvalidArgument quotes the text.
absl::StatusOr<Strength> ParseStrength(Unit unit, absl::string_view text);
std::string FormatStrength(Unit unit, const Strength& strength);

// Both ends included.
uint64_t DrawStrength(const Strength& strength, env::Random& random);
// The fault with numbers instead of ranges. Each number has a stream of its own. `drawn` gets what
// they are, for people.
Fault Strengthen(const Fault& fault, const env::Random& random,
                 std::map<std::string, std::string>& drawn);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_STRENGTH_H_
