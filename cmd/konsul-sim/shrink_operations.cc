#include "cmd/konsul-sim/shrink_operations.h"

#include <algorithm>
#include <set>

namespace konsul::simulator {
namespace {

using chaos::Experiment;
using chaos::Step;

// Fewer than so many are not a load.
constexpr size_t kLoad = 4;

bool Contains(const std::vector<uint32_t>& numbers, uint32_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

std::vector<uint32_t> Distinct(const Experiment& e, uint32_t Step::* field) {
  std::set<uint32_t> out;
  for (const chaos::Workload& w : e.workloads) {
    if (!w.steps.has_value()) continue;
    for (const Step& step : *w.steps) out.insert(step.*field);
  }
  return {out.begin(), out.end()};
}

}  // namespace

size_t Operations(const Experiment& e) {
  size_t count = 0;
  for (const chaos::Workload& w : e.workloads) count += w.steps.has_value() ? w.steps->size() : 0;
  return count;
}

void RemoveOperations(Experiment& e, const std::function<bool(const Step&, size_t)>& remove) {
  size_t number = 0;
  for (chaos::Workload& w : e.workloads) {
    if (!w.steps.has_value()) continue;
    std::erase_if(*w.steps, [&](const Step& step) { return remove(step, number++); });
  }
}

void RemoveOperationsBetween(Experiment& e, size_t from, size_t to) {
  RemoveOperations(e, [=](const Step&, size_t number) { return from <= number && number < to; });
}

std::vector<uint32_t> BusyClients(const Experiment& e) { return Distinct(e, &Step::client); }
std::vector<uint32_t> UsedKeys(const Experiment& e) { return Distinct(e, &Step::key); }

void RemoveClients(Experiment& e, const std::vector<uint32_t>& clients) {
  RemoveOperations(e, [&](const Step& step, size_t) { return Contains(clients, step.client); });
}

void RemoveKeys(Experiment& e, const std::vector<uint32_t>& keys) {
  RemoveOperations(e, [&](const Step& step, size_t) { return Contains(keys, step.key); });
}

std::vector<ThinOut> ThinnerOperations(const Experiment& experiment) {
  std::vector<ThinOut> out;
  const size_t count = Operations(experiment);
  for (const size_t of : {16, 8, 4, 2}) {
    if (count < of * kLoad) continue;
    for (size_t stays = 0; stays < of; ++stays) {
      out.emplace_back([=](Experiment& e) {
        RemoveOperations(e, [=](const Step&, size_t number) { return number % of != stays; });
      });
    }
  }
  return out;
}

}  // namespace konsul::simulator
