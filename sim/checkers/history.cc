#include "sim/checkers/history.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::checkers {

// Clients pad values with dots behind what makes them unique.
std::string ShowValue(const std::optional<std::string>& value) {
  constexpr size_t kShown = 12;
  if (!value.has_value()) return "(missing)";
  if (value->size() <= kShown) return *value;
  const size_t end = std::min(value->find_last_not_of('.') + 1, kShown);
  return absl::StrCat(value->substr(0, end), "... (", value->size(), " bytes)");
}

std::string Describe(const Operation& op) {
  std::string what;
  switch (op.kind) {
    case OpKind::kRead:
      what = absl::StrCat("get ", op.key);
      if (op.outcome == Outcome::kOk) absl::StrAppend(&what, " -> ", ShowValue(op.value));
      break;
    case OpKind::kPut:
      what = absl::StrCat("put ", op.key, " = ", ShowValue(op.value));
      break;
    case OpKind::kCas:
      what = absl::StrCat("cas ", op.key, " from ", ShowValue(op.expected), " to ",
                          ShowValue(op.value));
      break;
    case OpKind::kDelete:
      what = absl::StrCat("delete ", op.key);
      break;
  }
  std::string end = "?";
  absl::string_view result = "unknown";
  if (op.outcome == Outcome::kOk || op.outcome == Outcome::kFailed) {
    end = absl::StrFormat("%.6fs", ToSeconds(op.returned));
    result = op.outcome == Outcome::kOk ? "ok" : "refused";
  }
  return absl::StrFormat("client %d: %s @%.6fs..%s %s (%s)", op.client, what, ToSeconds(op.invoked),
                         end, result, op.server);
}

}  // namespace konsul::checkers
