#include "cmd/konsul-sim/shrink.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/konsul-sim/shrink_changes.h"

namespace konsul::simulator {
namespace {

using chaos::Experiment;

constexpr uint64_t kOtherSeeds = 3;

// Where operation `number` of all workloads together stands, and how many there are.
size_t Operations(const Experiment& e) {
  size_t count = 0;
  for (const chaos::Workload& w : e.workloads) count += w.steps.has_value() ? w.steps->size() : 0;
  return count;
}

void RemoveOperations(Experiment& e, size_t from, size_t to) {
  size_t first = 0;
  for (chaos::Workload& w : e.workloads) {
    if (!w.steps.has_value()) continue;
    const size_t count = w.steps->size();
    const size_t low = std::clamp(from, first, first + count) - first;
    const size_t high = std::clamp(to, first, first + count) - first;
    w.steps->erase(w.steps->begin() + static_cast<ptrdiff_t>(low),
                   w.steps->begin() + static_cast<ptrdiff_t>(high));
    first += count;
  }
}

}  // namespace

Size SizeOf(const Experiment& e) {
  Size size;
  size.faults = e.faults.size();
  size.operations = Operations(e);
  size.turns = e.op.turns.has_value() ? e.op.turns->size() : 0;
  size.servers = e.datacenter.servers + e.datacenter.spares;
  size.clients = e.datacenter.clients;
  return size;
}

bool Shrink::Take(const std::vector<Change>& changes) {
  std::vector<Experiment> changed;
  for (const Change& change : changes) {
    Experiment next = best_;
    if (change(next)) changed.push_back(std::move(next));
  }
  std::vector<Candidate> candidates;
  for (const Experiment& each : changed) candidates.push_back([&each] { return each; });
  const std::optional<size_t> first = trials_.First(candidates, oracle_);
  if (first.has_value()) best_ = std::move(changed[*first]);
  return first.has_value();
}

// Pieces of all of the list, half of it, a quarter, ... one item. With single items it goes on
// until each of them was tried without success since the last success.
bool Shrink::Fewer(const char* stage, const std::function<size_t()>& size, const Remove& remove) {
  stage_ = stage;
  bool any = false;
  for (size_t piece = std::max<size_t>(1, size());; piece = std::max<size_t>(1, piece / 2)) {
    bool again = false;
    while (FewerAtOnce(piece, size, remove)) {
      any = again = true;
      if (piece > 1) break;  // smaller pieces find what is left
    }
    if (piece == 1 && !again) return any;
  }
}

bool Shrink::FewerAtOnce(size_t piece, const std::function<size_t()>& size, const Remove& remove) {
  bool any = false;
  for (uint64_t attempt = 0; attempt <= kOtherSeeds; ++attempt) {
    const uint64_t seed = *best_.seed + attempt;
    // From behind: what matters most tends to be near the finding, and what follows it is gone.
    size_t end = size();
    while (end > 0) {
      // As many pieces at once as there is work for; the first that can go, goes.
      std::vector<Candidate> candidates;
      std::vector<std::pair<size_t, size_t>> ranges;
      for (size_t to = end; to > 0; to -= std::min(piece, to)) {
        const size_t from = to - std::min(piece, to);
        ranges.emplace_back(from, to);
        candidates.push_back([this, &remove, from, to, seed] {
          Experiment next = best_;
          remove(next, from, to);
          next.seed = seed;
          return next;
        });
      }
      const std::optional<size_t> first = trials_.First(candidates, oracle_);
      if (!first.has_value()) break;
      remove(best_, ranges[*first].first, ranges[*first].second);
      best_.seed = seed;
      end = ranges[*first].first;
      any = true;
    }
    // What is gone with one seed makes the same seed worth another look.
    if (any) return true;
  }
  return any;
}

bool Shrink::FewerFaults() {
  return Fewer(
      "faults", [this] { return best_.faults.size(); },
      [](Experiment& e, size_t from, size_t to) {
        e.faults.erase(e.faults.begin() + static_cast<ptrdiff_t>(from),
                       e.faults.begin() + static_cast<ptrdiff_t>(to));
      });
}

bool Shrink::FewerOperations() {
  return Fewer("operations", [this] { return Operations(best_); }, &RemoveOperations);
}

bool Shrink::FewerTurns() {
  if (!best_.op.turns.has_value()) return false;
  return Fewer(
      "operator", [this] { return best_.op.turns->size(); },
      [](Experiment& e, size_t from, size_t to) {
        e.op.turns->erase(e.op.turns->begin() + static_cast<ptrdiff_t>(from),
                          e.op.turns->begin() + static_cast<ptrdiff_t>(to));
      });
}

bool Shrink::SmallerCluster() {
  stage_ = "cluster";
  bool any = false;
  while (Take(SmallerClusters(best_))) any = true;
  return any;
}

bool Shrink::RounderFaults() {
  stage_ = "values of faults";
  bool any = false;
  for (size_t i = 0; i < best_.faults.size(); ++i) {
    while (Take(SimplerFaults(best_, i))) any = true;
  }
  return any;
}

bool Shrink::RounderOperations() {
  stage_ = "values of operations";
  bool any = Take(SimplerOperations(best_));
  for (size_t w = 0; w < best_.workloads.size(); ++w) {
    const size_t count =
        best_.workloads[w].steps.has_value() ? best_.workloads[w].steps->size() : 0;
    for (size_t i = 0; i < count; ++i) {
      while (Take(SimplerStep(best_, w, i))) any = true;
    }
  }
  return any;
}

const Experiment& Shrink::Run() {
  stage_ = "heal";
  // Healing a core stops servers, which is as good as a fault, and not one that is listed.
  Take({[](Experiment& e) { return std::exchange(e.liveness.core_first, false); }});
  for (bool again = true; again;) {
    again = FewerFaults();
    again |= FewerOperations();
    again |= FewerTurns();
    // What follows makes the search for a smaller list cheaper, or possible.
    again |= SmallerCluster();
    again |= RounderFaults();
    again |= RounderOperations();
  }
  stage_ = "certified";
  return best_;
}

}  // namespace konsul::simulator
