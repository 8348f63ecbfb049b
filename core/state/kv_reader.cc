#include "core/state/kv_reader.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/state/meta.h"

namespace konsul::state {
namespace {

// No command can be at index 1: that is the first leader's own entry. So 1 says "never changed"
// and is still an index that a client may wait on.
constexpr uint64_t kNeverChanged = 1;

absl::StatusOr<uint64_t> DecodeTombstone(absl::string_view value) {
  if (const auto index = DecodeU64(value)) return *index;
  return absl::DataLossError("table tombstones: damaged record");
}

}  // namespace

absl::Status ValidateKey(absl::string_view key) {
  if (key.empty()) return absl::InvalidArgumentError("Missing key name");
  if (key.size() > TableStore::kMaxKeySize) {
    return absl::InvalidArgumentError(
        absl::StrCat("Key name (", key.size(),
                     " bytes) too long, max size: ", TableStore::kMaxKeySize, " bytes"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<wire::KvEntry>> FindKv(const ReadTxn& txn, absl::string_view key) {
  if (!ValidateKey(key).ok()) return std::nullopt;
  const auto bytes = txn.Get(Table::kKv, key);
  if (!bytes) return std::nullopt;
  KONSUL_ASSIGN_OR_RETURN(auto entry, wire::DecodeKvEntry(*bytes));
  return std::optional<wire::KvEntry>(entry);
}

absl::StatusOr<std::optional<LockDelay>> FindLockDelay(const ReadTxn& txn, absl::string_view key) {
  if (!ValidateKey(key).ok()) return std::nullopt;
  const auto bytes = txn.Get(Table::kLockDelays, key);
  if (!bytes) return std::nullopt;
  const auto since = DecodeU64(bytes->substr(0, sizeof(uint64_t)));
  const auto length = DecodeU64(bytes->substr(std::min(bytes->size(), sizeof(uint64_t))));
  if (!since || !length) return absl::DataLossError("table lock delays: damaged record");
  return std::optional<LockDelay>({*since, *length});
}

absl::StatusOr<KvLookup> GetKv(const ReadTxn& txn, absl::string_view key) {
  KvLookup lookup;
  KONSUL_ASSIGN_OR_RETURN(lookup.entry, FindKv(txn, key));
  if (lookup.entry) {
    lookup.index = Index(lookup.entry->modify_index);
    return lookup;
  }
  KONSUL_ASSIGN_OR_RETURN(uint64_t index, ReadMetaU64(txn, kMetaKvDropped));
  index = std::max(index, kNeverChanged);
  if (ValidateKey(key).ok()) {
    if (const auto tombstone = txn.Get(Table::kTombstones, key)) {
      KONSUL_ASSIGN_OR_RETURN(const uint64_t deleted, DecodeTombstone(*tombstone));
      index = std::max(index, deleted);
    }
  }
  lookup.index = Index(index);
  return lookup;
}

absl::StatusOr<Index> ListKv(
    const ReadTxn& txn, absl::string_view prefix,
    const std::function<void(absl::string_view key, const wire::KvEntry& entry)>& visit) {
  KONSUL_ASSIGN_OR_RETURN(uint64_t index, ReadMetaU64(txn, kMetaKvDropped));
  index = std::max(index, kNeverChanged);
  absl::Status status;
  txn.ScanPrefix(Table::kKv, prefix, [&](absl::string_view key, absl::string_view bytes) {
    const auto entry = wire::DecodeKvEntry(bytes);
    if (!entry.ok()) {
      status = entry.status();
      return false;
    }
    index = std::max(index, entry->modify_index);
    visit(key, *entry);
    return true;
  });
  KONSUL_RETURN_IF_ERROR(status);
  txn.ScanPrefix(Table::kTombstones, prefix, [&](absl::string_view, absl::string_view value) {
    const auto deleted = DecodeTombstone(value);
    if (!deleted.ok()) {
      status = deleted.status();
      return false;
    }
    index = std::max(index, *deleted);
    return true;
  });
  KONSUL_RETURN_IF_ERROR(status);
  return Index(index);
}

absl::StatusOr<std::optional<std::string>> ScanKv(
    const ReadTxn& txn, absl::string_view prefix, absl::string_view from,
    const std::function<bool(absl::string_view key, const wire::KvEntry& entry)>& visit) {
  absl::Status status;
  std::optional<std::string> next;
  txn.Scan(Table::kKv, from, [&](absl::string_view key, absl::string_view bytes) {
    if (!absl::StartsWith(key, prefix)) return false;
    const auto entry = wire::DecodeKvEntry(bytes);
    status = entry.status();
    if (!entry.ok()) return false;
    if (visit(key, *entry)) return true;
    next = std::string(key);
    return false;
  });
  KONSUL_RETURN_IF_ERROR(status);
  return next;
}

absl::StatusOr<KvKeys> ListKeys(const ReadTxn& txn, absl::string_view prefix,
                                absl::string_view separator) {
  KvKeys result;
  auto& keys = result.keys;
  const auto add = [&](absl::string_view key, const wire::KvEntry&) {
    if (!separator.empty()) {
      const size_t at = key.find(separator, prefix.size());
      if (at != absl::string_view::npos) key = key.substr(0, at + separator.size());
      // Keys with the same stem stand together.
      if (!keys.empty() && keys.back() == key) return;
    }
    keys.emplace_back(key);
  };
  KONSUL_ASSIGN_OR_RETURN(result.index, ListKv(txn, prefix, add));
  return result;
}

}  // namespace konsul::state
