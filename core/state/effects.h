// The only way in which a command changes tables: each change goes into the digest as well, and to
// those who watch it.
#ifndef KONSUL_CORE_STATE_EFFECTS_H_
#define KONSUL_CORE_STATE_EFFECTS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/hash.h"
#include "core/state/table_store.h"
#include "core/state/watch_index.h"

namespace konsul::state {

// Lives while one command is applied.
class Effects {
 public:
  // `watches` may be null.
  Effects(WriteTxn& txn, RollingHash& digest, WatchIndex* watches)
      : txn_(txn), digest_(digest), watches_(watches) {}

  const ReadTxn& read() const { return txn_; }

  absl::Status Put(Table table, absl::string_view key, absl::string_view value) {
    Note(kPut, table, key);
    digest_.Add(value);
    return txn_.Put(table, key, value);
  }
  absl::Status Delete(Table table, absl::string_view key) {
    Note(kDelete, table, key);
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
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_EFFECTS_H_
