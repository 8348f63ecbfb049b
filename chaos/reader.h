// Reads maps of a YAML tree strictly: what is asked for is known, everything else is an error with
// its place and the nearest known name. Problems are collected, so that one run shows them all.
#ifndef KONSUL_CHAOS_READER_H_
#define KONSUL_CHAOS_READER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chaos/values.h"
#include "chaos/yaml.h"

namespace konsul::chaos {

class Problems {
 public:
  explicit Problems(absl::string_view file) : file_(file) {}

  void Add(int line, int column, absl::string_view text);
  void Add(const YamlNode& at, absl::string_view text) { Add(at.line, at.column, text); }
  bool empty() const { return list_.empty(); }
  // InvalidArgument with one line per problem, in the order of the file; OK when there is none.
  absl::Status ToStatus() const;

 private:
  std::string file_;
  std::vector<std::pair<std::pair<int, int>, std::string>> list_;
};

// One map. Every getter marks its key as known and returns the default after a problem. `path`
// names the map in messages: "spec.topology".
class MapReader {
 public:
  // A missing (null) or wrong node reads as an empty map; wrong ones are a problem.
  MapReader(const YamlNode* node, std::string path, Problems& problems);
  // Reports the keys that nobody asked for.
  ~MapReader();
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  // Null when absent.
  const YamlNode* Get(absl::string_view key);
  // As Get, but its absence is a problem.
  const YamlNode* Require(absl::string_view key);
  // Present is a problem, with this reason.
  void Refuse(absl::string_view key, absl::string_view why);

  std::string String(absl::string_view key, absl::string_view fallback = "");
  uint64_t Integer(absl::string_view key, uint64_t fallback, uint64_t low, uint64_t high);
  bool Bool(absl::string_view key, bool fallback);
  Duration DurationOf(absl::string_view key, Duration fallback);
  DurationRange Range(absl::string_view key, DurationRange fallback);
  // In parts per million. Must be a string in the file, as in Chaos Mesh.
  uint32_t Percent(absl::string_view key, uint32_t fallback);
  // One of the names; `fallback` is the position returned when it is absent or wrong.
  size_t Choice(absl::string_view key, const std::vector<std::string>& names, size_t fallback);
  std::vector<std::string> Strings(absl::string_view key);
  std::map<std::string, std::string> StringMap(absl::string_view key);
  const std::vector<YamlNode>& List(absl::string_view key);

  // "spec.topology.datacenters"
  std::string PathOf(absl::string_view key) const;
  Problems& problems() { return problems_; }
  const YamlNode& node() const { return *node_; }

 private:
  template <typename T>
  T Parsed(absl::string_view key, T fallback, absl::StatusOr<T> (*parse)(absl::string_view));

  const YamlNode* node_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string> known_;
};

// The scalar's text; a problem when it is something else.
std::optional<std::string> ScalarOf(const YamlNode& node, absl::string_view path,
                                    Problems& problems);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_READER_H_
