// Questions about keys and values, asked of one moment of the tables.
//
// Every answer comes with the query's index (X-Consul-Index): the log index of the last change that
// concerns it, deletions included, at least 1. For an unchanged answer it may still grow when old
// tombstones are dropped (tombstones.h); it never goes back. Views live as long as the transaction.
// DataLoss when a stored entry is damaged.
#ifndef KONSUL_CORE_STATE_KV_READER_H_
#define KONSUL_CORE_STATE_KV_READER_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/state/table_store.h"
#include "core/wire/kv.h"

namespace konsul::state {

// InvalidArgument when `key` cannot be stored: it is empty or longer than kMaxKeySize bytes.
absl::Status ValidateKey(absl::string_view key);

// The entry alone; nothing for a key that cannot be stored.
absl::StatusOr<std::optional<wire::KvEntry>> FindKv(const ReadTxn& txn, absl::string_view key);

// Why a key may not be locked for a while.
struct LockDelay {
  uint64_t since = 0;  // index of the command by which its holder lost it
  uint64_t nanoseconds = 0;
};
absl::StatusOr<std::optional<LockDelay>> FindLockDelay(const ReadTxn& txn, absl::string_view key);

struct KvLookup {
  Index index;
  std::optional<wire::KvEntry> entry;
};
absl::StatusOr<KvLookup> GetKv(const ReadTxn& txn, absl::string_view key);

// Calls `visit` for each key that begins with `prefix`, ascending by bytes. Returns the index.
absl::StatusOr<Index> ListKv(
    const ReadTxn& txn, absl::string_view prefix,
    const std::function<void(absl::string_view key, const wire::KvEntry& entry)>& visit);

// Calls `visit` for each key at or after `from` that begins with `prefix`, ascending, until it
// returns false. Returns the key that it refused: where to go on; nothing: that was all.
absl::StatusOr<std::optional<std::string>> ScanKv(
    const ReadTxn& txn, absl::string_view prefix, absl::string_view from,
    const std::function<bool(absl::string_view key, const wire::KvEntry& entry)>& visit);

struct KvKeys {
  Index index;
  std::vector<std::string> keys;
};
// Keys under `prefix`, ascending. With a separator, keys which have it after the prefix are cut
// behind its first occurrence there, and each such stem is listed once. The index covers all keys
// under the prefix.
absl::StatusOr<KvKeys> ListKeys(const ReadTxn& txn, absl::string_view prefix,
                                absl::string_view separator);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_KV_READER_H_
