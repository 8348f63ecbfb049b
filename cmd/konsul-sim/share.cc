#include "cmd/konsul-sim/share.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::simulator {
namespace {

constexpr uint64_t kCountMax = 1'000'000;

// A number and who said it.
struct Said {
  uint64_t value = 0;
  std::string by;
};

class Reader {
 public:
  Reader(const flags::Parsed& parsed, const Environment& environment)
      : parsed_(parsed), environment_(environment) {}

  absl::StatusOr<std::optional<Said>> Flag(const std::string& name) const {
    if (!parsed_.Has(name)) return std::optional<Said>();
    return Number(parsed_.Get(name), absl::StrCat("--", name));
  }

  absl::StatusOr<std::optional<Said>> Variable(const std::string& name) const {
    const char* text = environment_(name.c_str());
    if (text == nullptr || *text == '\0') return std::optional<Said>();
    return Number(text, name);
  }

 private:
  static absl::StatusOr<std::optional<Said>> Number(const std::string& text,
                                                    const std::string& by) {
    const auto value = flags::ParseNumber(text, 0, UINT32_MAX);
    if (value.has_value()) return Said{*value, by};
    return absl::InvalidArgumentError(
        absl::StrCat(by, " must be a whole number, not \"", text, "\""));
  }

  const flags::Parsed& parsed_;
  const Environment& environment_;
};

// Slurm numbers its tasks from any number on, in steps.
absl::StatusOr<std::optional<Said>> SlurmIndex(const Reader& reader) {
  KONSUL_ASSIGN_OR_RETURN(std::optional<Said> index, reader.Variable("SLURM_ARRAY_TASK_ID"));
  if (!index.has_value()) return index;
  KONSUL_ASSIGN_OR_RETURN(const auto first, reader.Variable("SLURM_ARRAY_TASK_MIN"));
  KONSUL_ASSIGN_OR_RETURN(const auto step, reader.Variable("SLURM_ARRAY_TASK_STEP"));
  if (first.has_value() && first->value <= index->value) index->value -= first->value;
  if (step.has_value() && step->value > 0) index->value /= step->value;
  return index;
}

}  // namespace

absl::StatusOr<Share> ShareOf(const flags::Parsed& parsed, const Environment& environment) {
  const Reader reader(parsed, environment);
  KONSUL_ASSIGN_OR_RETURN(std::optional<Said> index, reader.Flag("index"));
  KONSUL_ASSIGN_OR_RETURN(std::optional<Said> count, reader.Flag("count"));
  if (!count.has_value()) {
    KONSUL_ASSIGN_OR_RETURN(count, reader.Variable("KONSUL_SEARCH_COUNT"));
  }
  for (const char* name : {"KONSUL_SEARCH_INDEX", "JOB_COMPLETION_INDEX"}) {
    if (index.has_value()) break;
    KONSUL_ASSIGN_OR_RETURN(index, reader.Variable(name));
  }
  if (!index.has_value()) {
    KONSUL_ASSIGN_OR_RETURN(index, SlurmIndex(reader));
    if (index.has_value() && !count.has_value()) {
      KONSUL_ASSIGN_OR_RETURN(count, reader.Variable("SLURM_ARRAY_TASK_COUNT"));
    }
  }
  if (!index.has_value() && !count.has_value()) return Share{};
  if (!index.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(count->by, " is there, but no index: give --index, or KONSUL_SEARCH_INDEX"));
  }
  if (!count.has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(
        index->by,
        " says which share of the search this is, but not of how many: give --count, or "
        "KONSUL_SEARCH_COUNT"));
  }
  if (count->value == 0 || count->value > kCountMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(count->by, " must be from 1 to ", kCountMax, ", not ", count->value));
  }
  if (index->value >= count->value) {
    return absl::InvalidArgumentError(absl::StrCat(index->by, " is ", index->value,
                                                   ", but the shares are numbered from 0 to ",
                                                   count->value - 1));
  }
  return Share{index->value, count->value};
}

}  // namespace konsul::simulator
