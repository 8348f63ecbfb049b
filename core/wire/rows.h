// Rows of tables one behind the other, as pieces of a restore carry them. Little-endian: table u8,
// length of the key u16, length of the value u32, key, value. docs/formats/kv.md.
#ifndef KONSUL_CORE_WIRE_ROWS_H_
#define KONSUL_CORE_WIRE_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::wire {

inline constexpr size_t kRowHeaderBytes = 7;

// `key` is at most 65,535 bytes, `value` less than 4 GiB.
void AppendRow(uint8_t table, absl::string_view key, absl::string_view value, std::string& out);

struct RowView {
  uint8_t table = 0;
  absl::string_view key;
  absl::string_view value;
};
// Takes the first row off `bytes`, which are not empty. InvalidArgument when it is cut short.
absl::StatusOr<RowView> TakeRow(absl::string_view& bytes);

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_ROWS_H_
