#include "sim/checkers/key_history.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {
namespace {

// What an operation says was there when it took effect. A failed comparison says nothing.
const std::optional<std::string>* Saw(const Operation& op) {
  if (op.kind == OpKind::kRead) return &op.value;
  if (op.kind == OpKind::kCas && op.outcome != Outcome::kFailed) return &op.expected;
  return nullptr;
}

bool Writes(const Operation& op) {
  return op.kind == OpKind::kPut || (op.kind == OpKind::kCas && op.outcome != Outcome::kFailed);
}

class Builder {
 public:
  Builder(const std::vector<const Operation*>& operations, const std::vector<bool>& forgotten,
          KeyHistory& out)
      : operations_(operations),
        forgotten_(forgotten),
        out_(out),
        happened_by_(operations.size()) {}

  std::string Build() {
    NumberValues();
    std::string phantom = SettleUnknown();
    if (!phantom.empty()) return phantom;
    for (size_t i = 0; i < operations_.size(); ++i) {
      failed_comparisons_ =
          failed_comparisons_ || (operations_[i]->outcome == Outcome::kFailed && !Forgotten(i));
    }
    for (size_t i = 0; i < operations_.size(); ++i) Add(i);
    std::sort(out_.events.begin(), out_.events.end(), [](const KeyEvent& a, const KeyEvent& b) {
      return std::tie(a.at, a.kind, a.step) < std::tie(b.at, b.kind, b.step);
    });
    DescribeValues();
    return "";
  }

 private:
  bool Forgotten(size_t i) const { return !forgotten_.empty() && forgotten_[i]; }
  bool Certain(size_t i) const {
    const Outcome outcome = operations_[i]->outcome;
    return !Forgotten(i) && (outcome == Outcome::kOk || outcome == Outcome::kFailed);
  }

  void NumberValues() {
    out_.values.resize(2);
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (!Writes(*operations_[i])) continue;
      ids_[*operations_[i]->value] = static_cast<ValueId>(out_.values.size());
      out_.values.push_back({.writer = operations_[i]});
      writer_.push_back(i);
    }
  }

  // A write whose value was seen took effect before the answer that shows it; and what it saw
  // itself, if it compared, took effect before as well.
  std::string SettleUnknown() {
    std::vector<size_t> todo;
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (!Certain(i)) continue;
      happened_by_[i] = operations_[i]->returned;
      todo.push_back(i);
    }
    while (!todo.empty()) {
      const size_t i = todo.back();
      todo.pop_back();
      const Operation& op = *operations_[i];
      const std::optional<std::string>* saw = Saw(op);
      if (saw == nullptr || !saw->has_value()) continue;
      const auto id = ids_.find(**saw);
      if (id == ids_.end()) {
        return absl::StrCat("key ", op.key, ": [", Describe(op), "] saw a value that nobody wrote");
      }
      const size_t writer = writer_[id->second - 2];
      if (Certain(writer)) continue;
      Duration by = *happened_by_[i];
      if (Forgotten(writer) && operations_[writer]->outcome == Outcome::kOk) {
        by = std::min(by, operations_[writer]->returned);
      }
      if (happened_by_[writer].has_value() && *happened_by_[writer] <= by) continue;
      happened_by_[writer] = by;
      todo.push_back(writer);
    }
    return "";
  }

  void Add(size_t i) {
    const Operation& op = *operations_[i];
    if (happened_by_[i].has_value()) return AddStep(i, *happened_by_[i], false);
    const bool only_looks = op.kind == OpKind::kRead || op.outcome == Outcome::kFailed;
    if (only_looks) return;
    const bool is_delete = op.kind == OpKind::kDelete;
    // Puts that nobody saw explain failed comparisons and nothing else.
    if (!is_delete && !failed_comparisons_) return;
    if (op.outcome == Outcome::kOk) return AddStep(i, op.returned, true);
    out_.events.push_back(
        {op.invoked, is_delete ? KeyEvent::kHiddenDelete : KeyEvent::kHiddenPut, 0});
  }

  void AddStep(size_t i, Duration returned, bool optional) {
    const Operation& op = *operations_[i];
    Step step;
    step.op = &op;
    step.optional = optional;
    if (op.kind == OpKind::kRead) step.looks_for = Id(op.value);
    if (op.kind == OpKind::kCas) step.looks_for = Id(op.expected);
    if (Writes(op)) step.writes = optional ? kHidden : Id(op.value);
    out_.events.push_back({op.invoked, KeyEvent::kInvoke, out_.steps.size()});
    out_.events.push_back({returned, KeyEvent::kReturn, out_.steps.size()});
    out_.steps.push_back(step);
  }

  void DescribeValues() {
    for (Value& value : out_.values) value.deadline = out_.events.size();
    for (size_t at = 0; at < out_.events.size(); ++at) {
      const KeyEvent& event = out_.events[at];
      if (event.kind != KeyEvent::kInvoke && event.kind != KeyEvent::kReturn) continue;
      Step& step = out_.steps[event.step];
      const bool begins = event.kind == KeyEvent::kInvoke;
      if (!begins) step.returns = at;
      if (!step.OnlyLooks() && step.writes > kHidden && !begins) Hurry(step.writes, at);
      if (step.looks_for == kMissing || step.looks_for == kNobodys || step.optional) continue;
      Value& value = out_.values[step.looks_for];
      if (step.FailedComparison()) {
        value.named_until = std::max(value.named_until, at);
      } else if (begins) {
        value.last_use = std::max(value.last_use, at);
        value.compared = value.compared || step.Compares();
      } else {
        Hurry(step.looks_for, at);
      }
    }
  }
  void Hurry(ValueId id, size_t at) {
    out_.values[id].deadline = std::min(out_.values[id].deadline, at);
  }

  // A failed comparison may name a value that was never written here; no state equals it.
  ValueId Id(const std::optional<std::string>& value) const {
    if (!value.has_value()) return kMissing;
    const auto it = ids_.find(*value);
    return it == ids_.end() ? kNobodys : it->second;
  }

  const std::vector<const Operation*>& operations_;
  const std::vector<bool>& forgotten_;
  KeyHistory& out_;
  std::unordered_map<std::string, ValueId> ids_;  // never iterated
  std::vector<size_t> writer_;                    // [id - 2]: position of the operation
  std::vector<std::optional<Duration>> happened_by_;
  bool failed_comparisons_ = false;
};

}  // namespace

std::string KeyHistory::Build(const std::vector<const Operation*>& operations,
                              const std::vector<bool>& forgotten) {
  return Builder(operations, forgotten, *this).Build();
}

std::string KeyHistory::Show(ValueId value) const {
  if (value == kMissing) return "(missing)";
  return value == kHidden ? "(a write of unknown outcome)" : ShowValue(values[value].writer->value);
}

}  // namespace konsul::checkers
