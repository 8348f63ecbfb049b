// The only way in which a command changes tables: each change goes into the digest as well, to
// those who watch it, and into the history of changes.
#ifndef KONSUL_CORE_STATE_EFFECTS_H_
#define KONSUL_CORE_STATE_EFFECTS_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/hash.h"
#include "core/state/change_log.h"
#include "core/state/table_store.h"
#include "core/state/watch_index.h"

namespace konsul::state {

// Lives while one command is applied.
class Effects {
 public:
  // `watches` and `changes` may be null; `changes` has begun the command.
  Effects(WriteTxn& txn, RollingHash& digest, WatchIndex* watches, ChangeLog* changes)
      : txn_(txn), digest_(digest), watches_(watches), changes_(changes) {}

  const ReadTxn& read() const { return txn_; }

  absl::Status Put(Table table, absl::string_view key, absl::string_view value) {
    Note(kPut, table, key);
    digest_.Add(value);
    if (changes_ != nullptr) changes_->Note(table, key, value);
    return txn_.Put(table, key, value);
  }
  absl::Status Delete(Table table, absl::string_view key) {
    Note(kDelete, table, key);
    if (changes_ != nullptr) changes_->Note(table, key, std::nullopt);
    return txn_.Delete(table, key);
  }

 private:
  enum Kind : uint64_t { kPut = 1, kDelete = 2 };

  void Note(Kind kind, Table table, absl::string_view key) {
    digest_.Add(kind << 8 | static_cast<uint64_t>(table));
    digest_.Add(key);
    if (watches_ != nullptr) watches_->Note(table, key);
  }

  WriteTxn& txn_;
  RollingHash& digest_;
  WatchIndex* watches_;
  ChangeLog* changes_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_EFFECTS_H_
