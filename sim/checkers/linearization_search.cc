#include "sim/checkers/linearization_search.h"

#include <algorithm>
#include <utility>

namespace konsul::checkers {

LinearizationSearch::End LinearizationSearch::Run(size_t until) {
  for (; at_ < until; ++at_) {
    const KeyEvent& event = history_.events[at_];
    switch (event.kind) {
      case KeyEvent::kHiddenPut:
        hidden_put_ = true;
        break;
      case KeyEvent::kHiddenDelete:
        ++hidden_deletes_;
        break;
      case KeyEvent::kInvoke:
        if (Open(history_.steps[event.step])) break;
        why_ = "too many open operations";
        return End::kGaveUp;
      case KeyEvent::kReturn:
        if (Close(history_.steps[event.step])) break;
        if (explored_ > work_max_) {
          why_ = "too many possible pasts";
          return End::kGaveUp;
        }
        stuck_ = &history_.steps[event.step];
        return End::kStuck;
    }
  }
  return End::kAllFits;
}

std::vector<ValueId> LinearizationSearch::PossibleValues() const {
  std::vector<ValueId> values;
  for (const Past& past : (stuck_ != nullptr ? before_ : now_).all()) values.push_back(past.shown);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

bool LinearizationSearch::Open(const Step& step) {
  const auto free = std::find(open_.begin(), open_.end(), nullptr);
  if (free == open_.end()) return false;
  *free = &step;
  used_ = std::max(used_, static_cast<size_t>(free - open_.begin()) + 1);
  return true;
}

bool LinearizationSearch::Close(const Step& step) {
  const size_t slot =
      static_cast<size_t>(std::find(open_.begin(), open_.end(), &step) - open_.begin());
  std::swap(before_, now_);
  now_.Clear();
  visited_.Clear();
  for (const Past& past : before_.all()) {
    Extend(past, slot);
    if (!step.optional) continue;
    Past without = past;
    without.done &= ~(uint64_t{1} << slot);
    now_.Add(without);
  }
  if (now_.empty() || explored_ > work_max_) return false;
  open_[slot] = nullptr;
  while (used_ > 0 && open_[used_ - 1] == nullptr) --used_;
  return true;
}

void LinearizationSearch::LookAround(Past& past) const {
  for (size_t slot = 0; slot < used_; ++slot) {
    if (!Undone(past, slot) || !open_[slot]->OnlyLooks()) continue;
    if (open_[slot]->Fits(past.state)) past.done |= uint64_t{1} << slot;
  }
  if (past.state <= kHidden) return;
  past.shown = past.state;
  if (Finished(past.state)) past.state = kHidden;
}

void LinearizationSearch::Extend(Past past, size_t target) {
  if (++explored_ > work_max_) return;
  LookAround(past);
  const uint64_t target_bit = uint64_t{1} << target;
  if ((past.done & target_bit) != 0) {
    past.done &= ~target_bit;
    now_.Add(past);
    return;
  }
  if (!visited_.Add(past)) return;
  // Those that can change places, by kind: must be done, may be done.
  size_t first_put[2] = {used_, used_};
  size_t first_delete[2] = {used_, used_};
  const auto deadline = [&](size_t slot) {
    const Step& step = *open_[slot];
    return step.writes > kHidden ? history_.values[step.writes].deadline : step.returns;
  };
  const auto keep_first = [&](size_t& first, size_t slot) {
    if (first == used_ || deadline(slot) < deadline(first)) first = slot;
  };
  for (size_t slot = 0; slot < used_; ++slot) {
    if (!Undone(past, slot)) continue;
    const Step& step = *open_[slot];
    if (!step.Fits(past.state)) {
      ExtendByHidden(past, step, target);
    } else if (MayLeave(past.state, &step)) {
      const bool free = !step.Compares() && (step.writes <= kHidden || Finished(step.writes));
      if (step.op->kind == OpKind::kDelete) {
        keep_first(first_delete[step.optional ? 1 : 0], slot);
      } else if (free) {
        keep_first(first_put[step.optional ? 1 : 0], slot);
      } else if (MayEnter(past, slot)) {
        ExtendBy(past, slot, target);
      }
    }
  }
  for (const size_t slot : {first_put[0], first_put[1], first_delete[0], first_delete[1]}) {
    if (slot != used_) ExtendBy(past, slot, target);
  }
}

void LinearizationSearch::ExtendBy(const Past& past, size_t slot, size_t target) {
  const ValueId value = open_[slot]->writes;
  Extend({value, past.done | uint64_t{1} << slot, past.hidden_deletes, value}, target);
}

// Makes room for a step by a write of unknown outcome that nobody saw.
void LinearizationSearch::ExtendByHidden(const Past& past, const Step& step, size_t target) {
  if (!MayLeave(past.state, nullptr)) return;
  if (past.hidden_deletes < hidden_deletes_ && step.Fits(kMissing)) {
    Extend({kMissing, past.done, past.hidden_deletes + 1, kMissing}, target);
  }
  if (hidden_put_ && step.Fits(kHidden)) {
    Extend({kHidden, past.done, past.hidden_deletes, kHidden}, target);
  }
}

bool LinearizationSearch::Finished(ValueId id) const {
  const Value& value = history_.values[id];
  return value.last_use <= at_ && !value.compared && value.named_until < at_;
}

bool LinearizationSearch::MayLeave(ValueId id, const Step* by) const {
  if (id <= kHidden) return true;
  const Value& value = history_.values[id];
  return value.last_use <= at_ && (!value.compared || (by != nullptr && by->Compares()));
}

bool LinearizationSearch::MayEnter(const Past& past, size_t entering) const {
  const ValueId id = open_[entering]->writes;
  const size_t until = history_.values[id].last_use;
  if (until <= at_) return true;
  for (size_t slot = 0; slot < used_; ++slot) {
    if (slot == entering || !Undone(past, slot)) continue;
    const Step& step = *open_[slot];
    if (step.optional || step.returns > until) continue;
    if (!step.OnlyLooks() || !step.Fits(id)) return false;
  }
  return true;
}

}  // namespace konsul::checkers
