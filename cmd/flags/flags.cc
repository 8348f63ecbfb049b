#include "cmd/flags/flags.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "cmd/flags/nearest.h"

namespace konsul::flags {
namespace {

constexpr size_t kHelpWidth = 80;

absl::Status Unknown(absl::string_view name, const std::vector<Flag>& flags) {
  std::vector<std::string> names;
  for (const Flag& flag : flags) names.push_back(flag.name);
  return absl::InvalidArgumentError(
      absl::StrCat("unknown flag -", name, DidYouMean(name, names, "-")));
}

// Whether an argument is a flag; "-" alone is a value (standard input), and so is a number.
bool LooksLikeFlag(absl::string_view arg) {
  return arg.size() > 1 && arg[0] == '-' && !absl::ascii_isdigit(arg[1]);
}

std::string Wrapped(absl::string_view text, absl::string_view indent) {
  std::string out;
  std::string line(indent);
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (line.size() > indent.size() && line.size() + 1 + word.size() > kHelpWidth) {
      absl::StrAppend(&out, line, "\n");
      line.assign(indent.data(), indent.size());
    }
    absl::StrAppend(&line, line.size() > indent.size() ? " " : "", word);
  }
  absl::StrAppend(&out, line, "\n");
  return out;
}

}  // namespace

std::string Parsed::Get(absl::string_view name, absl::string_view fallback) const {
  auto it = values.find(std::string(name));
  return it == values.end() ? std::string(fallback) : it->second.back();
}

absl::StatusOr<Parsed> Parse(const std::vector<Flag>& flags, absl::Span<const std::string> args,
                             Order order) {
  Parsed parsed;
  for (size_t i = 0; i < args.size(); ++i) {
    absl::string_view arg = args[i];
    const bool rest_is_theirs = order == Order::kFlagsFirst && !parsed.positional.empty();
    if (rest_is_theirs) {
      parsed.positional.emplace_back(arg);
      continue;
    }
    if (arg == "--") {
      parsed.positional.insert(parsed.positional.end(), args.begin() + i + 1, args.end());
      break;
    }
    if (!LooksLikeFlag(arg)) {
      parsed.positional.emplace_back(arg);
      continue;
    }
    arg.remove_prefix(absl::StartsWith(arg, "--") ? 2 : 1);
    std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(arg, absl::MaxSplits('=', 1));
    bool has_value = absl::StrContains(arg, '=');
    if (parts.first == "h" || parts.first == "help") {
      parsed.help = true;
      continue;
    }
    auto flag = std::find_if(flags.begin(), flags.end(),
                             [&](const Flag& f) { return f.name == parts.first; });
    if (flag == flags.end()) return Unknown(parts.first, flags);

    std::string value(parts.second);
    if (flag->kind == Kind::kBool) {
      std::optional<bool> yes = has_value ? ParseBool(value) : true;
      if (!yes) {
        return absl::InvalidArgumentError(
            absl::StrCat("-", flag->name, " is true or false, not \"", value, "\""));
      }
      value = *yes ? "true" : "false";
    } else if (!has_value) {
      if (++i == args.size()) {
        return absl::InvalidArgumentError(
            absl::StrCat("-", flag->name, " needs a value: -", flag->name, "=",
                         flag->placeholder.empty() ? "VALUE" : flag->placeholder));
      }
      value = args[i];
    }
    parsed.values[flag->name].push_back(std::move(value));
  }
  return parsed;
}

std::optional<bool> ParseBool(absl::string_view text) {
  std::string lower = absl::AsciiStrToLower(text);
  if (lower == "true" || lower == "1" || lower == "t" || lower == "yes") return true;
  if (lower == "false" || lower == "0" || lower == "f" || lower == "no") return false;
  return std::nullopt;
}

std::optional<uint64_t> ParseNumber(absl::string_view text, uint64_t low, uint64_t high) {
  uint64_t value = 0;
  bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &value) || value < low || value > high) {
    return std::nullopt;
  }
  return value;
}

std::optional<Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
      duration > absl::Hours(24 * 365 * 100)) {
    return std::nullopt;
  }
  return absl::ToChronoNanoseconds(duration);
}

std::string Help(const std::vector<Flag>& flags) {
  std::string out;
  for (const Flag& flag : flags) {
    absl::StrAppend(&out, "  -", flag.name);
    if (flag.kind != Kind::kBool) {
      absl::StrAppend(&out, "=", flag.placeholder.empty() ? "VALUE" : flag.placeholder);
    }
    absl::StrAppend(&out, "\n", Wrapped(flag.help, "      "));
  }
  return out;
}

}  // namespace konsul::flags
