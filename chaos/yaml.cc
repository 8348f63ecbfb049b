#include "chaos/yaml.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "yaml-cpp/yaml.h"

namespace konsul::chaos {
namespace {

// Aliases may nest; no experiment needs more than a few levels.
constexpr int kDepthMax = 64;

absl::Status Error(absl::string_view file, const YAML::Mark& mark, absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(file, ":", mark.line + 1, ":", mark.column + 1, ": ", text));
}

absl::StatusOr<YamlNode> Convert(const YAML::Node& from, absl::string_view file, int depth) {
  if (depth > kDepthMax) return Error(file, from.Mark(), "nested too deeply");
  YamlNode node;
  node.line = from.Mark().line + 1;
  node.column = from.Mark().column + 1;
  switch (from.Type()) {
    case YAML::NodeType::Undefined:
    case YAML::NodeType::Null:
      return node;
    case YAML::NodeType::Scalar:
      node.kind = YamlNode::Kind::kScalar;
      node.text = from.Scalar();
      node.quoted = from.Tag() == "!";
      return node;
    case YAML::NodeType::Sequence:
      node.kind = YamlNode::Kind::kList;
      for (const YAML::Node& item : from) {
        KONSUL_ASSIGN_OR_RETURN(YamlNode converted, Convert(item, file, depth + 1));
        node.items.push_back(std::move(converted));
      }
      return node;
    case YAML::NodeType::Map:
      break;
  }
  node.kind = YamlNode::Kind::kMap;
  for (const auto& pair : from) {
    if (!pair.first.IsScalar()) return Error(file, pair.first.Mark(), "a key must be a plain name");
    YamlEntry entry;
    entry.key = pair.first.Scalar();
    entry.line = pair.first.Mark().line + 1;
    entry.column = pair.first.Mark().column + 1;
    for (const YamlEntry& earlier : node.entries) {
      if (earlier.key == entry.key) {
        return Error(
            file, pair.first.Mark(),
            absl::StrCat("\"", entry.key, "\" stands here twice, first in line ", earlier.line));
      }
    }
    KONSUL_ASSIGN_OR_RETURN(entry.value, Convert(pair.second, file, depth + 1));
    node.entries.push_back(std::move(entry));
  }
  return node;
}

}  // namespace

absl::StatusOr<YamlNode> ParseYaml(absl::string_view text, absl::string_view file) {
  // yaml-cpp reports by exceptions; they end here.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty() || documents[0].IsNull()) {
      return absl::InvalidArgumentError(absl::StrCat(file, ":1:1: the file is empty"));
    }
    if (documents.size() > 1) {
      return Error(file, documents[1].Mark(), "a second document; a file holds one experiment");
    }
    return Convert(documents[0], file, 0);
  } catch (const YAML::Exception& e) {
    return Error(file, e.mark, e.msg);
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", e.what()));
  }
}

}  // namespace konsul::chaos
