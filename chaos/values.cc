#include "chaos/values.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"

namespace konsul::chaos {
namespace {

struct Unit {
  absl::string_view name;
  int64_t ns;
};
// Longer names first where one begins with another.
constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"\xc2\xb5s", 1'000},  // U+00B5
                                         {"\xce\xbcs", 1'000},  // U+03BC
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"h", 3'600'000'000'000}}};

// Chaos Mesh's, and tc's: bytes.
constexpr const char* kBandwidthUnits[] = {"bps", "kbps", "mbps", "gbps"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status Bad(absl::string_view what, absl::string_view text, absl::string_view example) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is not ", what, " (such as ", example, ")"));
}

absl::Status BadDuration(absl::string_view text) {
  return Bad("a duration", text, "\"300ms\", \"1.5s\" or \"1m30s\"");
}

// Digits with at most one '.', exactly: whole * 10^scale + fraction.
struct Decimal {
  uint64_t digits = 0;
  int scale = 0;  // how many of the digits stand after the point
};

// Takes a decimal from the front. False when there is none or it is too long.
bool TakeDecimal(absl::string_view& text, Decimal& out) {
  bool any = false;
  bool point = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
      continue;
    }
    if (!IsDigit(text[i])) break;
    any = true;
    if (out.digits > (std::numeric_limits<uint64_t>::max() - 9) / 10) {
      if (!point) return false;
      continue;  // digits too small to matter
    }
    out.digits = out.digits * 10 + static_cast<uint64_t>(text[i] - '0');
    if (point) ++out.scale;
  }
  text.remove_prefix(i);
  return any;
}

// digits * unit / 10^scale, rounded down. False on overflow.
bool Scale(const Decimal& decimal, uint64_t unit, uint64_t& out) {
  __extension__ using Wide = unsigned __int128;
  Wide value = static_cast<Wide>(decimal.digits) * unit;
  for (int i = 0; i < decimal.scale; ++i) value /= 10;
  if (value > static_cast<Wide>(std::numeric_limits<int64_t>::max())) return false;
  out = static_cast<uint64_t>(value);
  return true;
}

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(absl::string_view text) {
  absl::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return Duration(0);
  if (rest.empty()) return BadDuration(text);
  int64_t total = 0;
  while (!rest.empty()) {
    Decimal decimal;
    if (!TakeDecimal(rest, decimal)) return BadDuration(text);
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) {
      return rest.substr(0, u.name.size()) == u.name;
    });
    if (unit == kUnits.end()) {
      return rest.empty()
                 ? absl::InvalidArgumentError(absl::StrCat(
                       "\"", text, "\" is a duration without a unit (ns, us, ms, s, m, h)"))
                 : BadDuration(text);
    }
    rest.remove_prefix(unit->name.size());
    uint64_t part = 0;
    if (!Scale(decimal, static_cast<uint64_t>(unit->ns), part) ||
        __builtin_add_overflow(total, static_cast<int64_t>(part), &total)) {
      return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is too long a duration"));
    }
  }
  return Duration(negative ? -total : total);
}

std::string FormatDuration(Duration d) {
  if (d.count() == 0) return "0s";
  const bool negative = d.count() < 0;
  // Negation would overflow for the lowest number.
  uint64_t ns = negative ? 0 - static_cast<uint64_t>(d.count()) : static_cast<uint64_t>(d.count());
  std::string out = negative ? "-" : "";
  const auto decimal = [&](uint64_t unit, absl::string_view name) {
    absl::StrAppend(&out, ns / unit);
    uint64_t fraction = ns % unit;
    if (fraction != 0) {
      std::string digits = std::to_string(fraction + unit).substr(1);
      while (digits.back() == '0') digits.pop_back();
      absl::StrAppend(&out, ".", digits);
    }
    absl::StrAppend(&out, name);
  };
  if (ns < 1'000) {
    decimal(1, "ns");
  } else if (ns < 1'000'000) {
    decimal(1'000, "us");
  } else if (ns < 1'000'000'000) {
    decimal(1'000'000, "ms");
  } else {
    const uint64_t hours = ns / 3'600'000'000'000;
    ns %= 3'600'000'000'000;
    const uint64_t minutes = ns / 60'000'000'000;
    ns %= 60'000'000'000;
    if (hours > 0) absl::StrAppend(&out, hours, "h");
    if (hours > 0 || minutes > 0) absl::StrAppend(&out, minutes, "m");
    decimal(1'000'000'000, "s");
  }
  return out;
}

absl::StatusOr<DurationRange> ParseDurationRange(absl::string_view text) {
  const size_t dash = text.find('-', 1);
  DurationRange range;
  KONSUL_ASSIGN_OR_RETURN(range.low, ParseDuration(text.substr(0, dash)));
  range.high = range.low;
  if (dash != absl::string_view::npos) {
    KONSUL_ASSIGN_OR_RETURN(range.high, ParseDuration(text.substr(dash + 1)));
  }
  if (range.low.count() < 0 || range.high < range.low) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a range: it must rise and must not be negative"));
  }
  return range;
}

absl::StatusOr<uint32_t> ParsePercent(absl::string_view text) {
  absl::string_view rest = text;
  Decimal decimal;
  uint64_t ppm = 0;
  if (!TakeDecimal(rest, decimal) || !rest.empty() || !Scale(decimal, 10'000, ppm) ||
      ppm > 1'000'000) {
    return Bad("a percentage", text, "\"25\" or \"0.5\", from 0 to 100");
  }
  return static_cast<uint32_t>(ppm);
}

absl::StatusOr<Duration> ParseRate(absl::string_view text) {
  const size_t slash = text.find('/');
  absl::string_view number = text.substr(0, slash);
  Decimal decimal;
  uint64_t thousandths = 0;
  if (slash == absl::string_view::npos || !TakeDecimal(number, decimal) || !number.empty() ||
      !Scale(decimal, 1000, thousandths) || thousandths == 0) {
    return Bad("a rate", text, "\"200/s\"");
  }
  const absl::string_view per = text.substr(slash + 1);
  const uint64_t unit = per == "s" ? 1'000'000'000 : per == "m" ? 60'000'000'000 : 0;
  if (unit == 0) return Bad("a rate", text, "\"200/s\" or \"12000/m\"");
  return Duration(static_cast<int64_t>(unit * 1000 / thousandths));
}

absl::StatusOr<uint64_t> ParseSize(absl::string_view text) {
  constexpr std::pair<absl::string_view, uint64_t> kSizes[] = {
      {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"", 1}};
  absl::string_view rest = text;
  Decimal decimal;
  if (TakeDecimal(rest, decimal)) {
    for (const auto& [name, unit] : kSizes) {
      uint64_t bytes = 0;
      if (rest == name && Scale(decimal, unit, bytes)) return bytes;
    }
  }
  return Bad("a size", text, "\"4096\", \"64KiB\" or \"256MiB\"");
}

absl::StatusOr<SizeRange> ParseSizeRange(absl::string_view text) {
  const size_t dash = text.find('-');
  SizeRange range;
  KONSUL_ASSIGN_OR_RETURN(range.low, ParseSize(text.substr(0, dash)));
  range.high = range.low;
  if (dash != absl::string_view::npos) {
    KONSUL_ASSIGN_OR_RETURN(range.high, ParseSize(text.substr(dash + 1)));
  }
  if (range.high < range.low) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not a range: it must rise"));
  }
  return range;
}

absl::StatusOr<uint64_t> ParseBandwidth(absl::string_view text) {
  uint64_t factor = 1;
  for (const char* unit : kBandwidthUnits) {
    const absl::string_view digits = absl::StripSuffix(text, unit);
    uint64_t value = 0;
    if (digits.size() != text.size() && absl::SimpleAtoi(digits, &value) && value > 0 &&
        value <= 1'000'000'000'000 / factor) {
      return value * factor;
    }
    factor *= 1000;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no rate of bytes: like 64kbps or 1mbps"));
}

std::string FormatBandwidth(uint64_t bytes_per_second) {
  size_t unit = 0;
  while (unit + 1 < std::size(kBandwidthUnits) && bytes_per_second % 1000 == 0 &&
         bytes_per_second > 0) {
    bytes_per_second /= 1000;
    ++unit;
  }
  return absl::StrCat(bytes_per_second, kBandwidthUnits[unit]);
}

std::string Nearest(absl::string_view text, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, text.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(text, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace konsul::chaos
