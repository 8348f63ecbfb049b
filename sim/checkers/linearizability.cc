#include "sim/checkers/linearizability.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/checkers/key_history.h"

namespace konsul::checkers {
namespace {

constexpr size_t kSlots = 64;
constexpr size_t kConfigurationsMax = 200'000;

// One possible past: the value, and which of the open operations have taken effect.
struct Configuration {
  ValueId state = kMissing;
  uint64_t done = 0;  // bit per slot
  uint32_t hidden_puts = 0;
  uint32_t hidden_deletes = 0;

  friend bool operator<(const Configuration& a, const Configuration& b) {
    return std::tie(a.state, a.done, a.hidden_puts, a.hidden_deletes) <
           std::tie(b.state, b.done, b.hidden_puts, b.hidden_deletes);
  }
};

class Search {
 public:
  explicit Search(const KeyHistory& history) : history_(history), open_(kSlots, nullptr) {
    now_.insert(Configuration{});
  }

  LinearizabilityResult Run() {
    for (const KeyEvent& event : history_.events) {
      switch (event.kind) {
        case KeyEvent::kHiddenPut:
          ++hidden_puts_;
          break;
        case KeyEvent::kHiddenDelete:
          ++hidden_deletes_;
          break;
        case KeyEvent::kInvoke:
          if (!Open(history_.steps[event.step])) return Undecided("too many open operations");
          break;
        case KeyEvent::kReturn:
          if (!Close(history_.steps[event.step])) return Failed(history_.steps[event.step]);
          break;
      }
      if (now_.size() > kConfigurationsMax) return Undecided("too many possible pasts");
    }
    return {};
  }

 private:
  bool Open(const Step& step) {
    const auto free = std::find(open_.begin(), open_.end(), nullptr);
    if (free == open_.end()) return false;
    *free = &step;
    used_ = std::max(used_, static_cast<size_t>(free - open_.begin()) + 1);
    return true;
  }

  // Keeps the configurations in which `step` has taken effect.
  bool Close(const Step& step) {
    const size_t slot = std::find(open_.begin(), open_.end(), &step) - open_.begin();
    before_ = now_;
    std::set<Configuration> after;
    visited_.clear();
    for (const Configuration& configuration : now_) Extend(configuration, slot, after);
    for (const Configuration& configuration : after) {
      // The slot is free again.
      Configuration freed = configuration;
      freed.done &= ~(uint64_t{1} << slot);
      freed_.insert(freed);
    }
    now_ = std::move(freed_);
    freed_.clear();
    if (now_.empty()) return false;
    open_[slot] = nullptr;
    return true;
  }

  void Extend(Configuration configuration, size_t target, std::set<Configuration>& out) {
    const uint64_t target_bit = uint64_t{1} << target;
    // Operations that only look take effect where they fit.
    for (size_t slot = 0; slot < used_; ++slot) {
      const Step* step = open_[slot];
      if (step == nullptr || (configuration.done >> slot & 1) != 0 || !step->OnlyLooks()) continue;
      if (step->Fits(configuration.state)) configuration.done |= uint64_t{1} << slot;
    }
    if ((configuration.done & target_bit) != 0) {
      out.insert(configuration);
      return;
    }
    if (visited_.size() > kConfigurationsMax || !visited_.insert(configuration).second) return;
    for (size_t slot = 0; slot < used_; ++slot) {
      const Step* step = open_[slot];
      if (step == nullptr || (configuration.done >> slot & 1) != 0) continue;
      if (step->OnlyLooks() && slot != target) continue;
      if (step->Fits(configuration.state)) {
        Take(configuration, *step, slot, target, out);
      } else {
        TakeAfterHidden(configuration, *step, slot, target, out);
      }
    }
  }

  void Take(Configuration configuration, const Step& step, size_t slot, size_t target,
            std::set<Configuration>& out) {
    configuration.state = step.After(configuration.state);
    configuration.done |= uint64_t{1} << slot;
    Extend(configuration, target, out);
  }

  // Explains the step by an earlier write of unknown outcome that nobody saw.
  void TakeAfterHidden(const Configuration& configuration, const Step& step, size_t slot,
                       size_t target, std::set<Configuration>& out) {
    if (configuration.hidden_deletes < hidden_deletes_ && step.Fits(kMissing)) {
      Configuration next = configuration;
      ++next.hidden_deletes;
      next.state = kMissing;
      Take(next, step, slot, target, out);
    }
    if (configuration.hidden_puts < hidden_puts_ && step.Fits(kHidden)) {
      Configuration next = configuration;
      ++next.hidden_puts;
      next.state = kHidden;
      Take(next, step, slot, target, out);
    }
  }

  static LinearizabilityResult Undecided(const char* why) {
    return {Linearizable::kUndecided, "", why};
  }

  LinearizabilityResult Failed(const Step& failed) const {
    std::set<ValueId> states;
    for (const Configuration& configuration : before_) states.insert(configuration.state);
    std::set<const Operation*> involved = {failed.op};
    for (const Step* step : open_) {
      if (step != nullptr) involved.insert(step->op);
    }
    const auto add_writer = [&](ValueId value) {
      const auto it = history_.writers.find(value);
      if (it != history_.writers.end()) involved.insert(it->second);
    };
    add_writer(failed.looks_for);
    std::string possible;
    for (ValueId state : states) {
      add_writer(state);
      absl::StrAppend(&possible, possible.empty() ? "" : " or ", history_.Show(state));
    }
    std::string story = absl::StrCat("key ", failed.op->key, ": [", Describe(*failed.op),
                                     "] cannot be; before it the value was ", possible);
    // By time, not by address.
    std::vector<const Operation*> window(involved.begin(), involved.end());
    std::sort(window.begin(), window.end(), [](const Operation* a, const Operation* b) {
      return std::tie(a->invoked, a->client) < std::tie(b->invoked, b->client);
    });
    for (const Operation* op : window) absl::StrAppend(&story, "\n    ", Describe(*op));
    return {Linearizable::kNo, failed.op->key, story};
  }

  const KeyHistory& history_;
  std::vector<const Step*> open_;  // by slot
  size_t used_ = 0;                // slots below this were used
  uint32_t hidden_puts_ = 0;       // available so far
  uint32_t hidden_deletes_ = 0;
  std::set<Configuration> now_;
  std::set<Configuration> before_;
  std::set<Configuration> freed_;
  std::set<Configuration> visited_;
};

}  // namespace

LinearizabilityResult CheckKey(const std::vector<const Operation*>& operations) {
  KeyHistory history;
  std::string phantom = history.Build(operations);
  if (!phantom.empty()) {
    return {Linearizable::kNo, operations.front()->key, std::move(phantom)};
  }
  return Search(history).Run();
}

size_t CheckLinearizability(const History& history, Findings& findings) {
  std::map<std::string, std::vector<const Operation*>> by_key;
  for (const Operation& op : history.operations()) by_key[op.key].push_back(&op);
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
