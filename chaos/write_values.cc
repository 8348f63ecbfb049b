#include "chaos/write_values.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "chaos/injection.h"

namespace konsul::chaos {

std::string Quoted(absl::string_view text) { return JsonString(std::string(text)); }

std::string Text(absl::string_view text) {
  const bool plain = !text.empty() && absl::ascii_isalpha(static_cast<unsigned char>(text[0])) &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                              absl::StrContains("-_./>", std::string(1, c));
                     });
  // What YAML takes for a value of another type.
  for (const absl::string_view word :
       {"true", "false", "null", "yes", "no", "on", "off", "n", "y"}) {
    if (absl::AsciiStrToLower(text) == word) return Quoted(text);
  }
  return plain ? std::string(text) : Quoted(text);
}

std::string FlowList(const std::vector<std::string>& items) {
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

std::string LabelMap(const Labels& labels) {
  FlowMap map;
  for (const auto& [key, value] : labels) map.Add(Text(key), Text(value));
  return map.Done();
}

std::string Percent(uint64_t ppm) {
  std::string text = absl::StrFormat("%d.%04d", ppm / 10'000, ppm % 10'000);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return absl::StrCat("\"", text, "\"");
}

std::string Rate(Duration interval) {
  std::string best;
  int64_t error = INT64_MAX;
  // In thousandths, so rarely ones are exact as well.
  for (const auto& [unit, name] : std::initializer_list<std::pair<int64_t, const char*>>{
           {1'000'000'000, "/s"}, {60'000'000'000, "/m"}}) {
    const int64_t thousandths = (unit * 1000 + interval.count() / 2) / interval.count();
    if (thousandths == 0) continue;
    std::string text = absl::StrFormat("%d.%03d", thousandths / 1000, thousandths % 1000);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    text += name;
    const absl::StatusOr<Duration> read = ParseRate(text);
    if (!read.ok()) continue;
    const int64_t off = std::max(*read - interval, interval - *read).count();
    if (off >= error) continue;
    error = off;
    best = text;
  }
  return best;
}

}  // namespace konsul::chaos
