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
constexpr size_t kPastsMax = 200'000;

// One possible past: the value, and which of the open operations have taken effect.
struct Past {
  ValueId state = kMissing;
  uint64_t done = 0;  // bit per slot

  friend bool operator<(const Past& a, const Past& b) {
    return std::tie(a.state, a.done) < std::tie(b.state, b.done);
  }
};
// With the fewest hidden deletes that explain it: more would explain less later.
using Pasts = std::map<Past, uint32_t>;

// False when `past` is known already with no more hidden deletes.
bool AddPast(Pasts& pasts, const Past& past, uint32_t hidden_deletes) {
  const auto [it, inserted] = pasts.emplace(past, hidden_deletes);
  if (inserted) return true;
  if (it->second <= hidden_deletes) return false;
  it->second = hidden_deletes;
  return true;
}

class Search {
 public:
  explicit Search(const KeyHistory& history) : history_(history), open_(kSlots, nullptr) {
    now_.emplace(Past{}, 0);
  }

  LinearizabilityResult Run() {
    for (const KeyEvent& event : history_.events) {
      switch (event.kind) {
        case KeyEvent::kHiddenPut:
          hidden_put_ = true;
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
      if (now_.size() > kPastsMax) return Undecided("too many possible pasts");
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
    before_ = std::move(now_);
    now_.clear();
    visited_.clear();
    for (const auto& [past, hidden] : before_) Extend(past, hidden, slot);
    if (now_.empty()) return false;
    open_[slot] = nullptr;
    return true;
  }

  // Adds to now_ every way to go on from `past` in which the operation at `target` has taken
  // effect, with the target's slot free again.
  void Extend(Past past, uint32_t hidden, size_t target) {
    const uint64_t target_bit = uint64_t{1} << target;
    // Operations that only look take effect where they fit.
    for (size_t slot = 0; slot < used_; ++slot) {
      const Step* step = open_[slot];
      if (step == nullptr || (past.done >> slot & 1) != 0 || !step->OnlyLooks()) continue;
      if (step->Fits(past.state)) past.done |= uint64_t{1} << slot;
    }
    if ((past.done & target_bit) != 0) {
      past.done &= ~target_bit;
      AddPast(now_, past, hidden);
      return;
    }
    if (visited_.size() > kPastsMax || !AddPast(visited_, past, hidden)) return;
    for (size_t slot = 0; slot < used_; ++slot) {
      const Step* step = open_[slot];
      if (step == nullptr || (past.done >> slot & 1) != 0) continue;
      if (!step->Fits(past.state)) {
        ExtendByHidden(past, hidden, *step, target);
      } else if (!step->OnlyLooks()) {
        Extend({step->After(past.state), past.done | uint64_t{1} << slot}, hidden, target);
      }
    }
  }

  // Makes room for a step by a write of unknown outcome that nobody saw.
  void ExtendByHidden(const Past& past, uint32_t hidden, const Step& step, size_t target) {
    if (hidden < hidden_deletes_ && step.Fits(kMissing)) {
      Extend({kMissing, past.done}, hidden + 1, target);
    }
    if (hidden_put_ && step.Fits(kHidden)) Extend({kHidden, past.done}, hidden, target);
  }

  static LinearizabilityResult Undecided(const char* why) {
    return {Linearizable::kUndecided, "", why};
  }

  LinearizabilityResult Failed(const Step& failed) const {
    std::set<ValueId> states;
    for (const auto& [past, hidden] : before_) states.insert(past.state);
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
  bool hidden_put_ = false;        // there was one so far
  uint32_t hidden_deletes_ = 0;    // how many so far
  Pasts now_;
  Pasts before_;
  Pasts visited_;
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
