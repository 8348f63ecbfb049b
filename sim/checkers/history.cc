#include "sim/checkers/history.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::checkers {
namespace {

std::string Show(const std::optional<std::string>& value) {
  return value.has_value() ? *value : "(missing)";
}

}  // namespace

std::string Describe(const Operation& op) {
  std::string what;
  switch (op.kind) {
    case OpKind::kRead:
      what = absl::StrCat("get ", op.key);
      if (op.outcome == Outcome::kOk) absl::StrAppend(&what, " -> ", Show(op.value));
      break;
    case OpKind::kPut:
      what = absl::StrCat("put ", op.key, " = ", Show(op.value));
      break;
    case OpKind::kCas:
      what = absl::StrCat("cas ", op.key, " from ", Show(op.expected), " to ", Show(op.value));
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
