#include "cmd/konsul-sim/shrink.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/konsul-sim/shrink_changes.h"
#include "cmd/konsul-sim/shrink_operations.h"

namespace konsul::simulator {
namespace {

using chaos::Experiment;

// Of a few pieces, of some, of many. Whoever is stubborn tries the first number with all of them.
constexpr uint64_t kSeedsOfFew = 16;
constexpr uint64_t kSeedsOfSome = 8;
constexpr uint64_t kSeedsOfMany = 4;
constexpr uint64_t kSeedsOfLoad = 2;
constexpr size_t kFew = 4;
constexpr size_t kSome = 16;

// What a person reads in a minute.
constexpr size_t kReadableFaults = 5;
constexpr size_t kReadableOperations = 20;

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

bool Readable(const Size& size) {
  return size.faults <= kReadableFaults && size.operations <= kReadableOperations;
}

size_t ToRead(const Size& size) {
  return size.faults * (kReadableOperations / kReadableFaults) + size.operations;
}

uint64_t Shrink::Seeds(size_t pieces) const {
  if (stubborn_ || pieces <= kFew) return kSeedsOfFew;
  return pieces <= kSome ? kSeedsOfSome : kSeedsOfMany;
}

bool Shrink::Take(const std::vector<Change>& changes, uint64_t seeds) {
  if (gave_up()) return false;
  std::vector<Candidate> candidates;
  std::vector<Experiment> changed;
  for (uint64_t attempt = 0; attempt < seeds; ++attempt) {
    for (const Change& change : changes) {
      Experiment next = best_;
      if (!change(next)) continue;
      next.seed = *best_.seed + attempt;
      changed.push_back(std::move(next));
    }
  }
  for (const Experiment& each : changed) candidates.push_back([&each] { return each; });
  const std::optional<size_t> first = trials_.First(candidates, oracle_);
  if (first.has_value()) best_ = std::move(changed[*first]);
  return first.has_value();
}

// Pieces of all of the list, half of it, a quarter, ... one item. With single items it goes on
// until each of them was tried without success since the last success.
bool Shrink::Fewer(const List& list) {
  stage_ = list.stage;
  bool any = false;
  for (size_t piece = std::max<size_t>(1, list.size(best_));;
       piece = std::max<size_t>(1, piece / 2)) {
    bool again = false;
    while (FewerAtOnce(list, piece)) {
      any = again = true;
      if (piece > 1) break;  // smaller pieces find what is left
    }
    if (piece == 1 && !again) return any;
  }
}

bool Shrink::FewerAtOnce(const List& list, size_t piece) {
  const uint64_t seeds = std::min(list.seeds_max, Seeds((list.size(best_) + piece - 1) / piece));
  for (uint64_t attempt = 0; attempt < seeds && !gave_up(); ++attempt) {
    const uint64_t seed = *best_.seed + attempt;
    bool any = false;
    // From behind: what matters most tends to be near the finding, and what follows it is gone.
    size_t end = list.size(best_);
    while (end > 0 && !gave_up()) {
      // As many pieces at once as there is work for; the first that can go, goes.
      std::vector<Candidate> candidates;
      std::vector<std::pair<size_t, size_t>> ranges;
      for (size_t to = end; to > 0; to -= std::min(piece, to)) {
        const size_t from = to - std::min(piece, to);
        ranges.emplace_back(from, to);
        candidates.push_back([this, &list, from, to, seed] {
          Experiment next = best_;
          list.remove(next, from, to);
          next.seed = seed;
          return next;
        });
      }
      const std::optional<size_t> first = trials_.First(candidates, oracle_);
      if (!first.has_value()) break;
      list.remove(best_, ranges[*first].first, ranges[*first].second);
      best_.seed = seed;
      end = ranges[*first].first;
      any = true;
    }
    // What is gone with one seed makes the same seed worth another look.
    if (any) return true;
  }
  return false;
}

bool Shrink::Quieter() {
  stage_ = "chance";
  bool any = false;
  while (Take(QuieterWorlds(best_), kSeedsOfFew)) any = true;
  return any;
}

bool Shrink::Shorter() {
  stage_ = "length";
  bool any = false;
  while (Take(ShorterRuns(best_))) any = true;
  return any;
}

bool Shrink::ThinnerLoad() {
  stage_ = "load";
  bool any = false;
  const auto thin = [&] {
    std::vector<Change> changes;
    for (const ThinOut& each : ThinnerOperations(best_)) {
      changes.emplace_back([each](Experiment& e) {
        each(e);
        return true;
      });
    }
    return Take(changes, kSeedsOfLoad);
  };
  while (thin()) any = true;
  const auto of = [](const auto& numbers,
                     void (*remove)(Experiment&, const std::vector<uint32_t>&)) {
    return [numbers, remove](Experiment& e, size_t from, size_t to) {
      const std::vector<uint32_t> all = numbers(e);
      remove(e, {all.begin() + static_cast<ptrdiff_t>(from),
                 all.begin() + static_cast<ptrdiff_t>(to)});
    };
  };
  any |= Fewer({"clients", [](const Experiment& e) { return BusyClients(e).size(); },
                of(&BusyClients, &RemoveClients), kSeedsOfLoad});
  any |= Fewer({"keys", [](const Experiment& e) { return UsedKeys(e).size(); },
                of(&UsedKeys, &RemoveKeys), kSeedsOfLoad});
  return any;
}

bool Shrink::FewerFaults() {
  return Fewer({"faults", [](const Experiment& e) { return e.faults.size(); },
                [](Experiment& e, size_t from, size_t to) {
                  e.faults.erase(e.faults.begin() + static_cast<ptrdiff_t>(from),
                                 e.faults.begin() + static_cast<ptrdiff_t>(to));
                }});
}

bool Shrink::MergeFaults() {
  stage_ = "faults as one";
  bool any = false;
  while (Take(MergedFaults(best_), stubborn_ ? kSeedsOfSome : kSeedsOfMany)) any = true;
  return any;
}

bool Shrink::FewerOperations() {
  return Fewer({"operations", &Operations, &RemoveOperationsBetween});
}

bool Shrink::FewerTurns() {
  if (!best_.op.turns.has_value()) return false;
  return Fewer({"operator", [](const Experiment& e) { return e.op.turns->size(); },
                [](Experiment& e, size_t from, size_t to) {
                  e.op.turns->erase(e.op.turns->begin() + static_cast<ptrdiff_t>(from),
                                    e.op.turns->begin() + static_cast<ptrdiff_t>(to));
                }});
}

bool Shrink::FewerTunables() {
  stage_ = "tunables";
  bool any = false;
  while (Take(FewerPins(best_))) any = true;
  return any;
}

bool Shrink::SmallerCluster() {
  stage_ = "cluster";
  bool any = false;
  while (Take(SmallerClusters(best_), kSeedsOfMany)) any = true;
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

void Shrink::Reduce() {
  for (bool again = true; again && !gave_up();) {
    again = FewerFaults();
    // Where few faults are left there is nothing to gain.
    if (best_.faults.size() > kReadableFaults) again |= MergeFaults();
    again |= FewerTurns();
    again |= FewerOperations();
    // What follows makes the search for a smaller list cheaper, or possible.
    again |= Shorter();
    again |= SmallerCluster();
    again |= RounderFaults();
    again |= RounderOperations();
    // At last: chance comes back with the usual ones.
    if (!again) again = FewerTunables();
  }
}

const Experiment& Shrink::Run() {
  stage_ = "heal";
  // Healing a core stops servers, which is as good as a fault, and not one that is listed.
  Take({[](Experiment& e) { return std::exchange(e.liveness.core_first, false); }});
  Shorter();
  Quieter();
  ThinnerLoad();
  Reduce();
  if (!Readable(SizeOf(best_))) {
    stubborn_ = true;
    ThinnerLoad();
    Reduce();
  }
  stage_ = gave_up() ? "too dense" : "certified";
  return best_;
}

}  // namespace konsul::simulator
