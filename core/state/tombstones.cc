#include "core/state/tombstones.h"

#include <algorithm>

#include "core/base/status.h"
#include "core/state/meta.h"

namespace konsul::state {

absl::Status Tombstones::Load(const ReadTxn& txn) {
  by_age_.clear();
  bool damaged = false;
  txn.Scan(Table::kTombstones, "", [&](absl::string_view key, absl::string_view value) {
    const auto index = DecodeU64(value);
    damaged = !index.has_value();
    if (index) by_age_.emplace(*index, std::string(key));
    return !damaged;
  });
  return damaged ? absl::DataLossError("table tombstones: damaged record") : absl::OkStatus();
}

absl::Status Tombstones::Add(Effects& effects, absl::string_view key, Index index) {
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kTombstones, key, EncodeU64(index.value)));
  ++changes_;
  by_age_.emplace(index.value, std::string(key));
  return by_age_.size() > limit_ ? DropOldest(effects) : absl::OkStatus();
}

absl::Status Tombstones::AddAll(Effects& effects, absl::Span<const std::string> keys, Index index) {
  // The first ones of many would be dropped for the last ones at once.
  const size_t dropped = keys.size() - std::min(keys.size(), limit_);
  for (const std::string& key : keys.subspan(dropped)) {
    KONSUL_RETURN_IF_ERROR(Add(effects, key, index));
  }
  if (dropped == 0) return absl::OkStatus();
  return effects.Put(Table::kMeta, kMetaKvDropped, EncodeU64(index.value));
}

absl::Status Tombstones::Remove(Effects& effects, absl::string_view key) {
  const auto value = effects.read().Get(Table::kTombstones, key);
  if (!value) return absl::OkStatus();
  const auto index = DecodeU64(*value);
  if (!index) return absl::DataLossError("table tombstones: damaged record");
  ++changes_;
  by_age_.erase({*index, std::string(key)});
  return effects.Delete(Table::kTombstones, key);
}

absl::Status Tombstones::DropOldest(Effects& effects) {
  const auto [index, key] = std::move(by_age_.extract(by_age_.begin()).value());
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kTombstones, key));
  return effects.Put(Table::kMeta, kMetaKvDropped, EncodeU64(index));
}

}  // namespace konsul::state
