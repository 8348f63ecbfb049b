#include "chaos/reader.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace konsul::chaos {
namespace {

const YamlNode& EmptyMap() {
  static const auto* const empty = [] {
    auto* node = new YamlNode;
    node->kind = YamlNode::Kind::kMap;
    return node;
  }();
  return *empty;
}

}  // namespace

void Problems::Add(int line, int column, absl::string_view text) {
  list_.emplace_back(std::make_pair(line, column),
                     absl::StrCat(file_, ":", line, ":", column, ": ", text));
}

absl::Status Problems::ToStatus() const {
  if (list_.empty()) return absl::OkStatus();
  auto sorted = list_;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> lines;
  for (auto& [place, text] : sorted) lines.push_back(text);
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

MapReader::MapReader(const YamlNode* node, std::string path, Problems& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node_ != nullptr && node_->kind != YamlNode::Kind::kMap) {
    problems_.Add(*node_, absl::StrCat(path_, " must be a map"));
    node_ = nullptr;
  }
  if (node_ == nullptr) node_ = &EmptyMap();
}

MapReader::~MapReader() {
  for (const YamlEntry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::string nearest = Nearest(entry.key, known_);
    problems_.Add(
        entry.line, entry.column,
        absl::StrCat("unknown key \"", entry.key, "\" in ",
                     path_.empty() ? "the experiment" : path_,
                     nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?")));
  }
}

std::string MapReader::PathOf(absl::string_view key) const {
  return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
}

const YamlNode* MapReader::Get(absl::string_view key) {
  known_.emplace_back(key);
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key == key && entry.value.kind != YamlNode::Kind::kNull) return &entry.value;
  }
  return nullptr;
}

const YamlNode* MapReader::Require(absl::string_view key) {
  const YamlNode* node = Get(key);
  if (node == nullptr) {
    problems_.Add(*node_, absl::StrCat(PathOf(key), " is missing"));
  }
  return node;
}

void MapReader::Refuse(absl::string_view key, absl::string_view why) {
  if (const YamlNode* node = Get(key)) {
    problems_.Add(*node, absl::StrCat(PathOf(key), " ", why));
  }
  // Not a name to suggest.
  known_.pop_back();
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key == key) known_.emplace_back(key);
  }
}

std::optional<std::string> ScalarOf(const YamlNode& node, absl::string_view path,
                                    Problems& problems) {
  if (node.kind == YamlNode::Kind::kScalar) return node.text;
  problems.Add(node, absl::StrCat(path, " must be a single value"));
  return std::nullopt;
}

template <typename T>
T MapReader::Parsed(absl::string_view key, T fallback,
                    absl::StatusOr<T> (*parse)(absl::string_view)) {
  const YamlNode* node = Get(key);
  if (node == nullptr) return fallback;
  const std::optional<std::string> text = ScalarOf(*node, PathOf(key), problems_);
  if (!text.has_value()) return fallback;
  absl::StatusOr<T> value = parse(*text);
  if (!value.ok()) {
    problems_.Add(*node, absl::StrCat(PathOf(key), ": ", value.status().message()));
    return fallback;
  }
  return *std::move(value);
}

std::string MapReader::String(absl::string_view key, absl::string_view fallback) {
  const YamlNode* node = Get(key);
  if (node == nullptr) return std::string(fallback);
  return ScalarOf(*node, PathOf(key), problems_).value_or(std::string(fallback));
}

uint64_t MapReader::Integer(absl::string_view key, uint64_t fallback, uint64_t low, uint64_t high) {
  const YamlNode* node = Get(key);
  if (node == nullptr) return fallback;
  const std::optional<std::string> text = ScalarOf(*node, PathOf(key), problems_);
  if (!text.has_value()) return fallback;
  uint64_t value = 0;
  if (node->quoted || !absl::SimpleAtoi(*text, &value) || value < low || value > high) {
    problems_.Add(*node,
                  absl::StrCat(PathOf(key), " must be a whole number from ", low, " to ", high,
                               ", not ", node->quoted ? "the string " : "", "\"", *text, "\""));
    return fallback;
  }
  return value;
}

bool MapReader::Bool(absl::string_view key, bool fallback) {
  const YamlNode* node = Get(key);
  if (node == nullptr) return fallback;
  if (node->kind == YamlNode::Kind::kScalar && !node->quoted) {
    if (node->text == "true") return true;
    if (node->text == "false") return false;
  }
  problems_.Add(*node, absl::StrCat(PathOf(key), " must be true or false"));
  return fallback;
}

Duration MapReader::DurationOf(absl::string_view key, Duration fallback) {
  return Parsed<Duration>(key, fallback, &ParseDuration);
}

DurationRange MapReader::Range(absl::string_view key, DurationRange fallback) {
  return Parsed<DurationRange>(key, fallback, &ParseDurationRange);
}

uint32_t MapReader::Percent(absl::string_view key, uint32_t fallback) {
  const YamlNode* node = Get(key);
  if (node != nullptr && node->kind == YamlNode::Kind::kScalar && !node->quoted) {
    problems_.Add(*node, absl::StrCat(PathOf(key), " must be a string: \"", node->text, "\""));
    return fallback;
  }
  known_.pop_back();
  return Parsed<uint32_t>(key, fallback, &ParsePercent);
}

size_t MapReader::Choice(absl::string_view key, const std::vector<std::string>& names,
                         size_t fallback) {
  const YamlNode* node = Get(key);
  if (node == nullptr) return fallback;
  const std::optional<std::string> text = ScalarOf(*node, PathOf(key), problems_);
  if (!text.has_value()) return fallback;
  const auto it = std::find(names.begin(), names.end(), *text);
  if (it != names.end()) return static_cast<size_t>(it - names.begin());
  const std::string nearest = Nearest(*text, names);
  problems_.Add(
      *node, absl::StrCat(
                 PathOf(key), " is \"", *text, "\"; it must be one of ", absl::StrJoin(names, ", "),
                 nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?")));
  return fallback;
}

const std::vector<YamlNode>& MapReader::List(absl::string_view key) {
  static const auto* const none = new std::vector<YamlNode>();
  const YamlNode* node = Get(key);
  if (node == nullptr) return *none;
  if (node->kind != YamlNode::Kind::kList) {
    problems_.Add(*node, absl::StrCat(PathOf(key), " must be a list"));
    return *none;
  }
  return node->items;
}

std::vector<std::string> MapReader::Strings(absl::string_view key) {
  std::vector<std::string> out;
  for (const YamlNode& item : List(key)) {
    if (auto text = ScalarOf(item, PathOf(key), problems_)) out.push_back(*text);
  }
  return out;
}

std::map<std::string, std::string> MapReader::StringMap(absl::string_view key) {
  std::map<std::string, std::string> out;
  const YamlNode* node = Get(key);
  if (node == nullptr) return out;
  if (node->kind != YamlNode::Kind::kMap) {
    problems_.Add(*node, absl::StrCat(PathOf(key), " must be a map"));
    return out;
  }
  for (const YamlEntry& entry : node->entries) {
    if (auto text = ScalarOf(entry.value, absl::StrCat(PathOf(key), ".", entry.key), problems_)) {
      out[entry.key] = *text;
    }
  }
  return out;
}

}  // namespace konsul::chaos
