#include "sim/checkers/txn_atomicity.h"

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

void TxnAtomicity::OnRead(const std::string& set, size_t size, const std::string& server,
                          const std::vector<Item>& items) {
  ++reads_;
  if (items.empty()) return;
  bool whole = items.size() == size;
  std::string seen;
  for (const Item& item : items) {
    whole = whole && item.value == items.front().value &&
            item.modify_index == items.front().modify_index;
    absl::StrAppend(&seen, seen.empty() ? "" : ", ", item.key, " = ", item.value, " @",
                    item.modify_index);
  }
  if (whole) return;
  findings_.Report("txn-atomicity", absl::StrCat("of the ", size, " keys of ", set, ", ", server,
                                                 " has shown ", seen, " in one transaction"));
}

}  // namespace konsul::checkers
