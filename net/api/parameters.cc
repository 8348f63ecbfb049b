#include "net/api/parameters.h"

#include <algorithm>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "net/api/text.h"
#include "net/http/uri.h"

namespace konsul::net_api {

namespace {

absl::Status Conflicting(absl::string_view with_consistent) {
  return absl::InvalidArgumentError(absl::StrCat("Cannot specify ?", with_consistent,
                                                 " with ?consistent, conflicting semantics."));
}

}  // namespace

absl::StatusOr<server::Consistency> ParseConsistency(const http::Request& request) {
  const bool stale = request.HasQuery("stale");
  const bool consistent = request.HasQuery("consistent");
  if (consistent && (stale || request.HasQuery("cached"))) {
    return Conflicting(stale ? "stale" : "cached");
  }
  if (stale) return server::Consistency::kStale;
  return consistent ? server::Consistency::kConsistent : server::Consistency::kDefault;
}

absl::StatusOr<Duration> ParseMaxStale(const http::Request& request) {
  const absl::string_view text = request.Query("max_stale").value_or("");
  if (text.empty()) return Duration::zero();
  const std::optional<Duration> limit = ParseDuration(text);
  if (!limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("Invalid max_stale value \"", absl::Utf8SafeCEscape(text), "\""));
  }
  if (*limit > Duration::zero() && request.HasQuery("consistent")) return Conflicting("stale");
  return *limit;
}

absl::StatusOr<std::optional<uint64_t>> ParseNumber(const http::Request& request,
                                                    absl::string_view name) {
  const auto text = request.Query(name);
  if (!text) return std::nullopt;
  const bool digits =
      !text->empty() && std::all_of(text->begin(), text->end(), absl::ascii_isdigit);
  uint64_t value = 0;
  if (digits && absl::SimpleAtoi(*text, &value)) return value;
  // The text that Consul's clients have always seen.
  return absl::InvalidArgumentError(
      absl::StrCat("strconv.ParseUint: parsing \"", absl::Utf8SafeCEscape(*text),
                   "\": ", digits ? "value out of range" : "invalid syntax"));
}

absl::Status CheckConflicts(const http::Request& request,
                            std::initializer_list<absl::string_view> names) {
  const auto present = [&](absl::string_view name) { return request.HasQuery(name); };
  if (std::count_if(names.begin(), names.end(), present) <= 1) return absl::OkStatus();
  std::multimap<absl::string_view, absl::string_view> sorted;  // equal keys stay in order
  for (const http::QueryParameter& p : request.query) sorted.emplace(p.key, p.value);
  const auto encode = [](absl::string_view text) {
    return absl::StrReplaceAll(http::EncodeQueryComponent(text), {{"%20", "+"}});
  };
  const auto append = [&](std::string* out, const auto& parameter) {
    absl::StrAppend(out, encode(parameter.first), "=", encode(parameter.second));
  };
  return absl::InvalidArgumentError(
      absl::StrCat("Conflicting flags: ", absl::StrJoin(sorted, "&", append), "\n"));
}

}  // namespace konsul::net_api
