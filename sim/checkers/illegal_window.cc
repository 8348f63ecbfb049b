#include "sim/checkers/illegal_window.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "sim/checkers/key_history.h"
#include "sim/checkers/linearization_search.h"

namespace konsul::checkers {
namespace {

// Of one attempt: a part that takes longer counts as one that fits.
constexpr uint64_t kWorkMax = 2'000'000;
constexpr uint64_t kWorkOfAllMax = 40'000'000;

using Operations = std::vector<const Operation*>;

bool Certain(const Operation& op) {
  return op.outcome == Outcome::kOk || op.outcome == Outcome::kFailed;
}

class Shrink {
 public:
  explicit Shrink(const Operations& operations)
      : operations_(operations), forgotten_(operations.size(), false) {}

  // What cannot be forgotten.
  std::vector<bool> Run() {
    CutWhatComesLater();
    std::vector<size_t> kept;
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (!forgotten_[i] && Certain(*operations_[i])) kept.push_back(i);
    }
    StartNearTheEnd(kept);
    // Reads first: a write says by itself what a read of it says together with its writer. What
    // cannot be forgotten now cannot be later, either.
    const auto writes = std::stable_partition(
        kept.begin(), kept.end(), [&](size_t i) { return operations_[i]->kind == OpKind::kRead; });
    ForgetAll({kept.begin(), writes});
    ForgetAll({writes, kept.end()});
    return forgotten_;
  }

 private:
  bool Stuck(const std::vector<bool>& forgotten) {
    if (work_ > kWorkOfAllMax) return false;
    KeyHistory history;
    if (!history.Build(operations_, forgotten).empty()) return true;
    LinearizationSearch search(history, kWorkMax);
    const bool is = search.Run() == LinearizationSearch::End::kStuck;
    work_ += search.explored() + operations_.size();
    if (is) stuck_ = search.stuck()->op;
    return is;
  }

  // Whoever begins after the answer that cannot be has no part in it.
  void CutWhatComesLater() {
    if (!Stuck(forgotten_)) return;
    const Duration end = stuck_->returned;
    std::vector<bool> without = forgotten_;
    for (size_t i = 0; i < operations_.size(); ++i) without[i] = operations_[i]->returned > end;
    if (Stuck(without)) forgotten_ = std::move(without);
  }

  // Most are close together: the last few, or twice as many, and so on.
  void StartNearTheEnd(std::vector<size_t>& kept) {
    std::sort(kept.begin(), kept.end(), [&](size_t a, size_t b) {
      return std::tie(operations_[a]->returned, a) < std::tie(operations_[b]->returned, b);
    });
    for (size_t few = 16; few < kept.size(); few *= 2) {
      std::vector<bool> without = forgotten_;
      for (size_t i = 0; i < kept.size() - few; ++i) without[kept[i]] = true;
      if (!Stuck(without)) continue;
      forgotten_ = std::move(without);
      kept.erase(kept.begin(), kept.end() - static_cast<ptrdiff_t>(few));
      return;
    }
  }

  void ForgetAll(std::vector<size_t> kept) {
    for (size_t chunk = kept.size(); chunk > 0; chunk /= 2) ForgetChunks(kept, chunk);
  }

  void ForgetChunks(std::vector<size_t>& kept, size_t chunk) {
    for (size_t begin = 0; begin < kept.size();) {
      const size_t end = std::min(kept.size(), begin + chunk);
      std::vector<bool> without = forgotten_;
      for (size_t i = begin; i < end; ++i) without[kept[i]] = true;
      if (!Stuck(without)) {
        begin = end;
        continue;
      }
      forgotten_ = std::move(without);
      kept.erase(kept.begin() + static_cast<ptrdiff_t>(begin),
                 kept.begin() + static_cast<ptrdiff_t>(end));
    }
  }

  const Operations& operations_;
  std::vector<bool> forgotten_;
  const Operation* stuck_ = nullptr;
  uint64_t work_ = 0;
};

// Those that were kept, and who wrote what they saw.
Operations Window(const Operations& operations, const std::vector<bool>& forgotten) {
  std::map<std::string, const Operation*> writers;
  for (const Operation* op : operations) {
    if (op->kind == OpKind::kPut || (op->kind == OpKind::kCas && op->outcome != Outcome::kFailed)) {
      writers[*op->value] = op;
    }
  }
  std::set<std::tuple<Duration, uint32_t, size_t>> window;  // by time, not by address
  const auto position = [&](const Operation* op) {
    const auto it = std::lower_bound(
        operations.begin(), operations.end(), op,
        [](const Operation* a, const Operation* b) { return a->invoked < b->invoked; });
    return static_cast<size_t>(std::find(it, operations.end(), op) - operations.begin());
  };
  const auto add = [&](const Operation* op) {
    window.insert({op->invoked, op->client, position(op)});
  };
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& op = *operations[i];
    if (forgotten[i] || !Certain(op)) continue;
    add(&op);
    const std::optional<std::string>& saw = op.kind == OpKind::kRead ? op.value : op.expected;
    const bool looked = op.kind == OpKind::kRead || op.kind == OpKind::kCas;
    if (looked && saw.has_value() && writers.contains(*saw)) add(writers.at(*saw));
  }
  Operations out;
  for (const auto& [at, client, i] : window) out.push_back(operations[i]);
  return out;
}

// What the value may have been at a moment, as far as what is not forgotten tells.
std::string ValueAt(const Operations& operations, const std::vector<bool>& forgotten,
                    Duration moment) {
  KeyHistory history;
  if (!history.Build(operations, forgotten).empty()) return "(missing)";
  size_t until = 0;
  while (until < history.events.size() && history.events[until].at < moment) ++until;
  LinearizationSearch search(history, kWorkMax);
  search.Run(until);
  return absl::StrJoin(search.PossibleValues(), " or ", [&](std::string* out, ValueId value) {
    absl::StrAppend(out, history.Show(value));
  });
}

// Of those that were kept, the one that was answered last: without it all would be well.
size_t LastAnswer(const Operations& operations, const std::vector<bool>& forgotten) {
  size_t last = operations.size();
  for (size_t i = 0; i < operations.size(); ++i) {
    if (forgotten[i] || !Certain(*operations[i])) continue;
    if (last == operations.size() || operations[i]->returned >= operations[last]->returned)
      last = i;
  }
  return last;
}

}  // namespace

IllegalWindow FindIllegalWindow(const Operations& operations) {
  IllegalWindow out;
  out.forgotten = Shrink(operations).Run();
  out.operations = Window(operations, out.forgotten);
  const size_t last = LastAnswer(operations, out.forgotten);
  const Operation& wrong = *operations[last];
  std::vector<bool> without = out.forgotten;
  without[last] = true;
  const std::string seconds = absl::StrFormat("%.6f s", ToSeconds(out.operations[0]->invoked));
  out.story = absl::StrCat(
      "key ", wrong.key, ": [", Describe(wrong), "] cannot be; before it the value was ",
      ValueAt(operations, without, wrong.returned), "\n  The smallest part that cannot be, ",
      out.operations.size(), " of ", operations.size(), " operations; at ", seconds,
      " the value was ", ValueAt(operations, {}, out.operations[0]->invoked), "\n",
      DrawTimeline(out.operations, &wrong));
  for (const Operation* op : out.operations) absl::StrAppend(&out.story, "\n    ", Describe(*op));
  return out;
}

}  // namespace konsul::checkers
