#include "net/api/text.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace konsul::net_api {
namespace {

// `whole`, a point, and `part` of `unit` without zeros at the end: (1, 50, 1000) is "1.05".
std::string WithFraction(uint64_t whole, uint64_t part, uint64_t unit) {
  std::string text = absl::StrCat(whole);
  if (part == 0) return text;
  text.push_back('.');
  for (; part > 0; part %= unit) {
    unit /= 10;
    text.push_back(static_cast<char>('0' + part / unit));
  }
  return text;
}

__extension__ using Nanoseconds = unsigned __int128;

// Takes digits from the front. Caps what is larger than any Duration, which is enough to refuse it.
Nanoseconds TakeDigits(absl::string_view& text, size_t& count, Nanoseconds& unit_of_last) {
  Nanoseconds value = 0;
  for (count = 0; !text.empty() && text[0] >= '0' && text[0] <= '9'; ++count) {
    constexpr Nanoseconds kCap = Nanoseconds{1} << 70;
    if (value < kCap) {
      value = value * 10 + static_cast<unsigned>(text[0] - '0');
      unit_of_last *= 10;
    }
    text.remove_prefix(1);
  }
  return value;
}

// Takes the name of a unit from the front; 0 for another word.
uint64_t TakeUnit(absl::string_view& text) {
  size_t size = 0;
  while (size < text.size() && text[size] != '.' && (text[size] < '0' || text[size] > '9')) ++size;
  const absl::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  if (name == "ns") return 1;
  if (name == "us" || name == "µs" || name == "μs") return 1000;
  if (name == "ms") return 1'000'000;
  if (name == "s") return 1'000'000'000;
  if (name == "m") return 60'000'000'000;
  return name == "h" ? 3'600'000'000'000 : 0;
}

}  // namespace

std::optional<Duration> ParseDuration(absl::string_view text) {
  constexpr Nanoseconds kMost = Nanoseconds{1} << 63;
  const bool negative = absl::ConsumePrefix(&text, "-");
  if (!negative) absl::ConsumePrefix(&text, "+");
  if (text == "0") return Duration::zero();
  if (text.empty()) return std::nullopt;
  Nanoseconds sum = 0;
  while (!text.empty()) {
    size_t digits = 0;
    size_t more = 0;
    Nanoseconds ignored = 1;
    const Nanoseconds whole = TakeDigits(text, digits, ignored);
    Nanoseconds part = 0;
    Nanoseconds scale = 1;
    if (absl::ConsumePrefix(&text, ".")) part = TakeDigits(text, more, scale);
    if (digits + more == 0) return std::nullopt;
    const uint64_t unit = TakeUnit(text);
    if (unit == 0 || whole > kMost / unit) return std::nullopt;
    sum += whole * unit + part * unit / scale;
    if (sum > kMost) return std::nullopt;
  }
  if (negative) return Duration(static_cast<int64_t>(0 - static_cast<uint64_t>(sum)));
  if (sum == kMost) return std::nullopt;
  return Duration(static_cast<int64_t>(sum));
}

std::string FormatDuration(Duration d) {
  constexpr uint64_t kMicro = 1000, kMilli = 1000 * kMicro, kSecond = 1000 * kMilli;
  const absl::string_view sign = d.count() < 0 ? "-" : "";
  const auto bits = static_cast<uint64_t>(d.count());
  const uint64_t ns = d.count() < 0 ? 0 - bits : bits;
  if (ns == 0) return "0s";
  if (ns < kMicro) return absl::StrCat(sign, ns, "ns");
  if (ns < kMilli) return absl::StrCat(sign, WithFraction(ns / kMicro, ns % kMicro, kMicro), "µs");
  if (ns < kSecond) return absl::StrCat(sign, WithFraction(ns / kMilli, ns % kMilli, kMilli), "ms");
  const uint64_t seconds = ns / kSecond;
  std::string text = absl::StrCat(WithFraction(seconds % 60, ns % kSecond, kSecond), "s");
  if (seconds >= 60) text = absl::StrCat(seconds / 60 % 60, "m", text);
  if (seconds >= 3600) text = absl::StrCat(seconds / 3600, "h", text);
  return absl::StrCat(sign, text);
}

std::string FormatTimestamp(WallTime time) {
  using std::chrono::days;
  using std::chrono::seconds;
  const std::chrono::sys_time<Duration> point{Duration(time.ns)};
  const auto day = std::chrono::floor<days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(std::chrono::floor<seconds>(point - day));
  return absl::StrFormat("%04d-%02d-%02d %02d:%02d:%02d +0000 UTC", static_cast<int>(date.year()),
                         static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                         of_day.hours().count(), of_day.minutes().count(),
                         of_day.seconds().count());
}

std::string FormatDecimal(double value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  return std::string(text, end);
}

}  // namespace konsul::net_api
