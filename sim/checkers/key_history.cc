#include "sim/checkers/key_history.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {
namespace {

bool Certain(const Operation& op) {
  return op.outcome == Outcome::kOk || op.outcome == Outcome::kFailed;
}

// What an operation says was there when it took effect. A failed comparison says nothing.
const std::optional<std::string>* Saw(const Operation& op) {
  if (op.kind == OpKind::kRead) return &op.value;
  if (op.kind == OpKind::kCas && op.outcome != Outcome::kFailed) return &op.expected;
  return nullptr;
}

class Builder {
 public:
  Builder(const std::vector<const Operation*>& operations, KeyHistory& out)
      : operations_(operations), out_(out), happened_by_(operations.size()) {}

  std::string Build() {
    NumberValues();
    std::string phantom = SettleUnknown();
    if (!phantom.empty()) return phantom;
    for (size_t i = 0; i < operations_.size(); ++i) Add(i);
    std::sort(out_.events.begin(), out_.events.end(), [](const KeyEvent& a, const KeyEvent& b) {
      return std::tie(a.at, a.kind, a.step) < std::tie(b.at, b.kind, b.step);
    });
    return "";
  }

 private:
  void NumberValues() {
    for (size_t i = 0; i < operations_.size(); ++i) {
      const Operation& op = *operations_[i];
      if (op.kind != OpKind::kPut && op.kind != OpKind::kCas) continue;
      const ValueId id = static_cast<ValueId>(writer_.size()) + 2;
      ids_[*op.value] = id;
      writer_.push_back(i);
      out_.writers[id] = &op;
    }
  }

  // A write whose value was seen took effect before the answer that shows it; and what it saw
  // itself, if it compared, took effect before as well. Repeated until nothing new is learnt.
  std::string SettleUnknown() {
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (Certain(*operations_[i])) happened_by_[i] = operations_[i]->returned;
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < operations_.size(); ++i) {
        const Operation& op = *operations_[i];
        const std::optional<std::string>* saw = Saw(op);
        if (saw == nullptr || !saw->has_value() || !happened_by_[i].has_value()) continue;
        const auto id = ids_.find(**saw);
        if (id == ids_.end() || operations_[writer_[id->second - 2]]->outcome == Outcome::kFailed) {
          return absl::StrCat("key ", op.key, ": [", Describe(op),
                              "] saw a value that nobody wrote");
        }
        const size_t writer = writer_[id->second - 2];
        if (Certain(*operations_[writer])) continue;
        if (!happened_by_[writer].has_value() || *happened_by_[writer] > *happened_by_[i]) {
          happened_by_[writer] = happened_by_[i];
          changed = true;
        }
      }
    }
    return "";
  }

  void Add(size_t i) {
    const Operation& op = *operations_[i];
    if (!happened_by_[i].has_value()) {
      if (op.kind == OpKind::kRead) return;
      const bool is_delete = op.kind == OpKind::kDelete;
      out_.events.push_back(
          {op.invoked, is_delete ? KeyEvent::kHiddenDelete : KeyEvent::kHiddenPut, 0});
      return;
    }
    Step step;
    step.op = &op;
    step.returned = *happened_by_[i];
    if (op.kind == OpKind::kRead) step.looks_for = Id(op.value);
    if (op.kind == OpKind::kCas) step.looks_for = Id(op.expected);
    if (op.kind == OpKind::kPut || op.kind == OpKind::kCas) step.writes = Id(op.value);
    out_.events.push_back({op.invoked, KeyEvent::kInvoke, out_.steps.size()});
    out_.events.push_back({step.returned, KeyEvent::kReturn, out_.steps.size()});
    out_.steps.push_back(step);
  }

  // A failed comparison may name a value that was never written here; no state equals it.
  ValueId Id(const std::optional<std::string>& value) const {
    if (!value.has_value()) return kMissing;
    const auto it = ids_.find(*value);
    return it == ids_.end() ? ~ValueId{0} : it->second;
  }

  const std::vector<const Operation*>& operations_;
  KeyHistory& out_;
  std::map<std::string, ValueId> ids_;
  std::vector<size_t> writer_;  // [id - 2]: position of the operation that wrote it
  std::vector<std::optional<Duration>> happened_by_;
};

}  // namespace

std::string KeyHistory::Build(const std::vector<const Operation*>& operations) {
  return Builder(operations, *this).Build();
}

std::string KeyHistory::Show(ValueId value) const {
  if (value == kMissing) return "(missing)";
  const auto it = writers.find(value);
  return it == writers.end() ? "(a write of unknown outcome)" : *it->second->value;
}

}  // namespace konsul::checkers
