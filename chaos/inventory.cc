#include "chaos/inventory.h"

#include <algorithm>

namespace konsul::chaos {
namespace {

bool Matches(const Labels& wanted, const Labels& labels) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto it = labels.find(entry.first);
    return it != labels.end() && it->second == entry.second;
  });
}

size_t PercentOf(size_t n, uint64_t ppm) { return (n * ppm + 999'999) / 1'000'000; }

size_t HowMany(const TargetSet& set, size_t matching, env::Random& random) {
  switch (set.mode) {
    case Mode::kOne:
      return 1;
    case Mode::kAll:
      return matching;
    case Mode::kFixed:
      return set.value;
    case Mode::kFixedPercent:
      return PercentOf(matching, set.value);
    case Mode::kRandomMaxPercent:
      return random.Below(PercentOf(matching, set.value) + 1);
  }
  return 0;
}

}  // namespace

std::vector<size_t> Select(const TargetSet& set, const Inventory& inventory, env::Random& random) {
  std::vector<size_t> matching;
  for (size_t i = 0; i < inventory.size(); ++i) {
    const std::vector<std::string>& names = set.nodes;
    const bool named =
        names.empty() || std::find(names.begin(), names.end(), inventory[i].name) != names.end();
    if (named && Matches(set.labels, inventory[i].labels)) matching.push_back(i);
  }
  const size_t count = std::min(HowMany(set, matching.size(), random), matching.size());
  // A partial shuffle (Fisher-Yates): the first `count` are the choice.
  for (size_t i = 0; i < count; ++i) {
    const size_t j = i + random.Below(matching.size() - i);
    std::swap(matching[i], matching[j]);
  }
  matching.resize(count);
  std::sort(matching.begin(), matching.end());
  return matching;
}

}  // namespace konsul::chaos
