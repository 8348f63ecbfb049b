#include "core/state/table_rows.h"

#include "absl/strings/str_cat.h"

namespace konsul::state {
namespace {

// A scan for each handful, so that finding the place again costs little and a handful is short.
constexpr size_t kRowsAhead = 128;

}  // namespace

absl::StatusOr<bool> TableRows::Next(Row& row) {
  if (next_ == ahead_.size() && !Fill()) return false;
  row = ahead_[next_++];
  return true;
}

bool TableRows::Fill() {
  ahead_.clear();
  next_ = 0;
  while (ahead_.empty() && table_ < kTableCount) {
    const auto table = static_cast<Table>(table_);
    txn_->Scan(table, from_, [&](absl::string_view key, absl::string_view value) {
      ahead_.push_back({table, key, value});
      return ahead_.size() < kRowsAhead;
    });
    if (ahead_.size() < kRowsAhead) {
      ++table_;
      from_.clear();
    } else {
      from_ = absl::StrCat(ahead_.back().key, absl::string_view("\0", 1));
    }
  }
  return !ahead_.empty();
}

}  // namespace konsul::state
