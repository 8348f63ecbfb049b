#include "sim/checkers/restore_safety.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace konsul::checkers {

void RestoreSafety::OnDone(Generations made) { settled_ = std::move(made); }

RestoreSafety::Generations RestoreSafety::Saved() const {
  Generations all = settled_;
  for (const Generations& each : open_) all.insert(each.begin(), each.end());
  return all;
}

void RestoreSafety::OnRead(size_t size, const std::string& server, const std::vector<Item>& items,
                           uint64_t index) {
  ++reads_;
  std::string seen = absl::StrCat(server, " has shown");
  bool whole = items.empty() || items.size() == size;
  for (const Item& item : items) {
    whole = whole && item.value == items.front().value;
    absl::StrAppend(&seen, " ", item.key, " = ", item.value, " @", item.modify_index);
  }
  if (items.empty()) seen += " no key";
  absl::StrAppend(&seen, ", index ", index);
  uint64_t generation = 0;
  if (!whole || (!items.empty() && !absl::SimpleAtoi(items.front().value, &generation))) {
    findings_.Report("restore-safety",
                     absl::StrCat(seen, "; all keys have one value, or are not there"));
    return;
  }
  const bool changed = generation != known_;
  Settle(generation, seen);
  CheckIndexes(items, index, changed, seen);
  known_ = generation;
}

void RestoreSafety::Settle(uint64_t generation, const std::string& seen) {
  if (!settled_.contains(generation)) {
    const auto late = std::find_if(open_.begin(), open_.end(), [&](const Generations& each) {
      return each.contains(generation);
    });
    if (late == open_.end()) {
      findings_.Report("restore-safety",
                       absl::StrCat(seen, "; the last step that was acknowledged made ",
                                    absl::StrJoin(settled_, " or "), ", and ", open_.size(),
                                    " of unknown outcome something else"));
    } else {
      open_.erase(late);
    }
  }
  settled_ = {generation};
}

void RestoreSafety::CheckIndexes(const std::vector<Item>& items, uint64_t index, bool changed,
                                 const std::string& seen) {
  if (index < index_) {
    findings_.Report("restore-safety", absl::StrCat(seen, "; before, the index was ", index_));
  } else if (changed && index == index_) {
    findings_.Report("restore-safety",
                     absl::StrCat(seen, "; there was another value at the same index"));
  }
  index_ = index;
  for (const Item& item : items) {
    if (changed && item.modify_index <= modified_) {
      findings_.Report("restore-safety",
                       absl::StrCat(seen, "; a key has changed, and a ModifyIndex of ", modified_,
                                    " was there before"));
      break;
    }
  }
  for (const Item& item : items) modified_ = std::max(modified_, item.modify_index);
}

}  // namespace konsul::checkers
