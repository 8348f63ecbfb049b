// A YAML document as a plain tree with positions. yaml-cpp stays inside yaml.cc.
#ifndef KONSUL_CHAOS_YAML_H_
#define KONSUL_CHAOS_YAML_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::chaos {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;     // of a scalar
  bool quoted = false;  // "5" rather than 5: a string, whatever it looks like
  int line = 0;         // from 1
  int column = 0;
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in the file's order, without duplicates
};

struct YamlEntry {
  std::string key;
  int line = 0;
  int column = 0;
  YamlNode value;
};

// InvalidArgument "FILE:LINE:COLUMN: ..." when it is no YAML, has several documents, aliases of
// itself, a key twice, or a key that is no scalar. `file` is for messages.
absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view file);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_YAML_H_
