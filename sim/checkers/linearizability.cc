#include "sim/checkers/linearizability.h"

#include <map>
#include <utility>

#include "sim/checkers/illegal_window.h"
#include "sim/checkers/key_history.h"
#include "sim/checkers/linearization_search.h"

namespace konsul::checkers {
namespace {

// Some seconds.
constexpr uint64_t kWorkMax = 20'000'000;

}  // namespace

LinearizabilityResult DecideKey(const std::vector<const Operation*>& operations) {
  KeyHistory history;
  std::string phantom = history.Build(operations, {});
  if (!phantom.empty()) return {.answer = Linearizable::kNo, .story = std::move(phantom)};
  LinearizationSearch search(history, kWorkMax);
  const LinearizationSearch::End end = search.Run();
  LinearizabilityResult result;
  result.explored = search.explored();
  if (end == LinearizationSearch::End::kGaveUp) {
    result.answer = Linearizable::kUndecided;
    result.story = search.why();
  } else if (end == LinearizationSearch::End::kStuck) {
    result.answer = Linearizable::kNo;
  }
  return result;
}

LinearizabilityResult CheckKey(const std::vector<const Operation*>& operations) {
  LinearizabilityResult result = DecideKey(operations);
  if (result.answer != Linearizable::kNo || !result.story.empty()) return result;
  IllegalWindow window = FindIllegalWindow(operations);
  result.story = std::move(window.story);
  result.window = std::move(window.operations);
  return result;
}

size_t CheckLinearizability(const History& history, Findings& findings) {
  std::map<std::string, std::vector<const Operation*>> by_key;
  for (const Operation& op : history.operations()) {
    if (op.outcome != Outcome::kNever) by_key[op.key].push_back(&op);
  }
  size_t undecided = 0;
  for (const auto& [key, operations] : by_key) {
    const LinearizabilityResult result = CheckKey(operations);
    if (result.answer == Linearizable::kUndecided) ++undecided;
    if (result.answer == Linearizable::kNo) {
      findings.Report("linearizability", result.story);
      break;
    }
  }
  return undecided;
}

}  // namespace konsul::checkers
