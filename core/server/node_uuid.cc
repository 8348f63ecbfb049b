#include "core/server/node_uuid.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace konsul::server {
namespace {

constexpr absl::string_view kEnd = "-8000-6b6f6e73756c";  // "konsul"
constexpr size_t kUuidSize = 36;

}  // namespace

std::string NodeUuid(NodeId id) {
  return absl::StrFormat("%08x-%04x-%04x%s", id.value >> 32, (id.value >> 16) & 0xffff,
                         id.value & 0xffff, kEnd);
}

std::optional<NodeId> ParseNodeId(absl::string_view text) {
  std::string digits(text);
  if (absl::ConsumeSuffix(&text, kEnd)) {
    if (text.size() != kUuidSize - kEnd.size() || text[8] != '-' || text[13] != '-') {
      return std::nullopt;
    }
    digits = absl::StrCat(text.substr(0, 8), text.substr(9, 4), text.substr(14));
  }
  uint64_t value = 0;
  const bool hex = std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit);
  if (digits.size() != 16 || !hex || !absl::SimpleHexAtoi(digits, &value)) return std::nullopt;
  return NodeId(value);
}

bool IsNodeUuid(absl::string_view text) {
  return text.size() == kUuidSize && ParseNodeId(text).has_value();
}

}  // namespace konsul::server
