// Command lines as Consul's users write them: `-node n2`, `-node=n2` and `--node=n2` are the same,
// a bool needs no value, `--` ends the flags.
#ifndef KONSUL_CMD_FLAGS_FLAGS_H_
#define KONSUL_CMD_FLAGS_FLAGS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/time.h"

namespace konsul::flags {

enum class Kind {
  kBool,    // -dev, -dev=true, -dev=false
  kString,  // the last one given counts
  kList,    // may be repeated
};

struct Flag {
  std::string name;  // without the dash
  Kind kind = Kind::kString;
  std::string placeholder;  // of the value, for the help: "ADDR"
  std::string help;
  std::vector<std::string> choices;  // all the values there are, when that is a short list
};

enum class Order {
  kMixed,       // flags and positional arguments in any order
  kFlagsFirst,  // what follows the first positional argument is left alone: a command with its
                // flags
};

// What a command line said, by flag name, in the order given. A flag not given is not there.
struct Parsed {
  std::map<std::string, std::vector<std::string>> values;
  std::vector<std::string> positional;
  bool help = false;  // -h, -help

  bool Has(absl::string_view name) const { return values.count(std::string(name)) > 0; }
  // The last value, or `fallback`.
  std::string Get(absl::string_view name, absl::string_view fallback = "") const;
  // Of a bool flag; its values were checked by Parse.
  bool GetBool(absl::string_view name) const { return Get(name) == "true"; }
};

// InvalidArgument, with a text for the user that names
// the nearest flag, when a flag is unknown, lacks its value, or is not a bool where it should be.
absl::StatusOr<Parsed> Parse(const std::vector<Flag>& flags, absl::Span<const std::string> args,
                             Order order = Order::kMixed);

// "true", "1", "t", "yes" and their opposites, in any case.
std::optional<bool> ParseBool(absl::string_view text);
// A whole number in [low, high].
std::optional<uint64_t> ParseNumber(absl::string_view text, uint64_t low, uint64_t high);

// As Go writes it ("10s", "1m30s", "500ms"); not negative.
std::optional<Duration> ParseDuration(absl::string_view text);

// One paragraph per flag, wrapped for a terminal.
std::string Help(const std::vector<Flag>& flags);

}  // namespace konsul::flags

#endif  // KONSUL_CMD_FLAGS_FLAGS_H_
