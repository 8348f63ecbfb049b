#include "core/wire/rows.h"

namespace konsul::wire {
namespace {

void AppendLittle(uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t TakeLittle(absl::string_view& bytes, int n) {
  uint64_t value = 0;
  for (int i = 0; i < n; ++i) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[static_cast<size_t>(i)]))
             << (8 * i);
  }
  bytes.remove_prefix(static_cast<size_t>(n));
  return value;
}

}  // namespace

void AppendRow(uint8_t table, absl::string_view key, absl::string_view value, std::string& out) {
  AppendLittle(table, 1, out);
  AppendLittle(key.size(), 2, out);
  AppendLittle(value.size(), 4, out);
  out.append(key.data(), key.size());
  out.append(value.data(), value.size());
}

absl::StatusOr<RowView> TakeRow(absl::string_view& bytes) {
  if (bytes.size() < kRowHeaderBytes) return absl::InvalidArgumentError("a row is cut short");
  RowView row;
  row.table = static_cast<uint8_t>(TakeLittle(bytes, 1));
  const size_t key = TakeLittle(bytes, 2);
  const size_t value = TakeLittle(bytes, 4);
  if (bytes.size() < key || bytes.size() - key < value) {
    return absl::InvalidArgumentError("a row is cut short");
  }
  row.key = bytes.substr(0, key);
  row.value = bytes.substr(key, value);
  bytes.remove_prefix(key + value);
  return row;
}

}  // namespace konsul::wire
