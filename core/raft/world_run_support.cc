// Runs of a world from numbers, and how they are cut down.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/check_support.h"
#include "core/raft/world_support.h"

namespace konsul::raft::testing {
namespace {

std::string Play(World& world, const std::vector<uint32_t>& words, Verdict* verdict) {
  for (uint32_t word : words) {
    ++verdict->steps;
    NumberDraws draws(word);
    std::string broken = world.Step(draws);
    if (!broken.empty()) return broken;
  }
  return world.Heal();
}

}  // namespace

std::vector<uint32_t> StepsOf(uint64_t founding, size_t steps) {
  NumberDraws draws(~founding);
  std::vector<uint32_t> words;
  while (words.size() < steps) words.push_back(static_cast<uint32_t>(draws.Below(1U << 31)));
  return words;
}

Verdict RunWorld(uint64_t founding, const std::vector<uint32_t>& words, bool telling) {
  Verdict verdict;
  ChecksThrow checks_throw;
  NumberDraws draws(founding);
  World world(draws, telling);
  try {
    verdict.broken = Play(world, words, &verdict);
  } catch (const CheckFailure& failure) {
    verdict.broken = failure.text;
  }
  verdict.tale = world.tale();
  world.Count(&verdict);
  return verdict;
}

std::vector<uint32_t> Shrink(uint64_t founding, std::vector<uint32_t> words) {
  words.resize(RunWorld(founding, words, false).steps);
  size_t runs = 0;
  for (size_t chunk = std::max<size_t>(words.size() / 2, 1);;
       chunk = std::max<size_t>(chunk / 2, 1)) {
    bool smaller = false;
    for (size_t at = 0; at < words.size() && runs < 3000;) {
      std::vector<uint32_t> fewer = words;
      const size_t end = std::min(at + chunk, fewer.size());
      fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(at),
                  fewer.begin() + static_cast<ptrdiff_t>(end));
      ++runs;
      const Verdict verdict = RunWorld(founding, fewer, false);
      if (verdict.broken.empty()) {
        at += chunk;
        continue;
      }
      fewer.resize(verdict.steps);
      words = std::move(fewer);
      smaller = true;
    }
    if ((chunk == 1 && !smaller) || runs >= 3000) return words;
  }
}

}  // namespace konsul::raft::testing
