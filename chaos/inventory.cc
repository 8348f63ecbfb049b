#include "chaos/inventory.h"

#include <algorithm>
#include <map>

#include "chaos/shapes.h"

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

// Whole groups, of those that match.
std::vector<size_t> SelectGroups(const TargetSet& set, const Inventory& inventory,
                                 const std::vector<size_t>& matching, env::Random& random) {
  std::map<std::string, std::vector<size_t>> members;
  for (const size_t i : matching) {
    const auto it = inventory[i].labels.find(set.group);
    if (it != inventory[i].labels.end()) members[it->second].push_back(i);
  }
  std::vector<std::string> groups;
  for (const auto& [value, nodes] : members) groups.push_back(value);
  const size_t count = std::min(HowMany(set, groups.size(), random), groups.size());
  Shuffle(groups, random);
  std::vector<size_t> out;
  for (size_t i = 0; i < count; ++i) {
    out.insert(out.end(), members[groups[i]].begin(), members[groups[i]].end());
  }
  std::sort(out.begin(), out.end());
  return out;
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
  if (!set.group.empty()) return SelectGroups(set, inventory, matching, random);
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
