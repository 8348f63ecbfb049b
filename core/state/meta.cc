#include "core/state/meta.h"

#include "absl/strings/str_cat.h"

namespace konsul::state {

std::string EncodeU64(uint64_t value) {
  std::string bytes(8, '\0');
  for (int i = 7; i >= 0; --i) {
    bytes[static_cast<size_t>(i)] = static_cast<char>(value & 0xff);
    value >>= 8;
  }
  return bytes;
}

std::optional<uint64_t> DecodeU64(absl::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string EncodeHash(const Hash128& hash) {
  return absl::StrCat(EncodeU64(hash.hi), EncodeU64(hash.lo));
}

std::optional<Hash128> DecodeHash(absl::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  return Hash128{*DecodeU64(bytes.substr(0, 8)), *DecodeU64(bytes.substr(8))};
}

absl::StatusOr<uint64_t> ReadMetaU64(const ReadTxn& txn, absl::string_view key) {
  const auto bytes = txn.Get(Table::kMeta, key);
  if (!bytes) return 0;
  if (const auto value = DecodeU64(*bytes)) return *value;
  return absl::DataLossError(absl::StrCat("table meta: damaged record \"", key, "\""));
}

absl::StatusOr<Hash128> ReadMetaDigest(const ReadTxn& txn) {
  const auto bytes = txn.Get(Table::kMeta, kMetaDigest);
  if (!bytes) return RollingHash().value();
  if (const auto hash = DecodeHash(*bytes)) return *hash;
  return absl::DataLossError("table meta: damaged record \"digest\"");
}

}  // namespace konsul::state
