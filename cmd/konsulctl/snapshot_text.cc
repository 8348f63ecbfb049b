#include "cmd/konsulctl/snapshot_text.h"

#include <array>
#include <cstddef>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::ctl {
namespace {

constexpr std::array<absl::string_view, state::kTableCount> kTypeNames = {
    "Index",        "KVS",     "Tombstone", "Session", "SessionKey", "NodeSession",
    "CheckSession", "Renewal", "LockDelay", "Node",    "Check",      "Event"};

constexpr std::array<absl::string_view, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};

}  // namespace

std::string ByteSize(uint64_t bytes) {
  if (bytes == 0) return "0";
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::string digits = absl::StrFormat("%.1f", value);
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  return absl::StrCat(digits, kUnits[unit]);
}

absl::string_view TypeName(state::Table table) { return kTypeNames[static_cast<size_t>(table)]; }

std::string Printable(absl::string_view name) { return absl::Utf8SafeCHexEscape(name); }

boost::json::string JsonText(absl::string_view name) {
  const auto is_utf8 = [&] {
    // What is not stays escaped, a byte of 0x80 and more as \xNN.
    for (size_t i = 0; i < name.size();) {
      const auto c = static_cast<unsigned char>(name[i]);
      const size_t size = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
      if (size == 0 || i + size > name.size()) return false;
      for (size_t k = 1; k < size; ++k) {
        if ((static_cast<unsigned char>(name[i + k]) & 0xc0) != 0x80) return false;
      }
      i += size;
    }
    return true;
  };
  const std::string text = is_utf8() ? std::string(name) : absl::CHexEscape(name);
  return boost::json::string(text.data(), text.size());
}

absl::StatusOr<uint64_t> CountOf(const flags::Parsed& parsed, const std::string& flag,
                                 uint64_t fallback, uint64_t most) {
  if (!parsed.Has(flag)) return fallback;
  const std::optional<uint64_t> number = flags::ParseNumber(parsed.Get(flag), 0, most);
  if (number) return *number;
  return absl::InvalidArgumentError(
      absl::StrCat("-", flag, "=", parsed.Get(flag), " is not a number from 0 to ", most));
}

Outcome Trouble(const absl::Status& status, int code) {
  return {.error = absl::StrCat("Error! ", status.message()), .code = code};
}

}  // namespace konsul::ctl
