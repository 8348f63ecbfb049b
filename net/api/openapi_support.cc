#include "net/api/openapi_support.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace konsul::net_api {
namespace {

namespace json = boost::json;

constexpr const char* kMethods[] = {"get", "put", "post", "delete", "patch", "head", "trace"};

json::value Scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  // The tag of what is in quotes.
  if (node.Tag() == "!") return json::value(text);
  if (text == "null" || text == "~" || text.empty()) return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  uint64_t number = 0;
  int64_t negative = 0;
  double decimal = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  if (absl::SimpleAtoi(text, &negative)) return negative;
  if (absl::ascii_isdigit(static_cast<unsigned char>(text.back())) &&
      absl::SimpleAtod(text, &decimal)) {
    return decimal;
  }
  return json::value(text);
}

bool IsOfType(std::string_view type, const json::value& value) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  return type == "number" && value.is_number();
}

std::string Below(const std::string& place, const std::string& why) {
  return absl::StrCat(place, why[0] == '/' ? "" : ": ", why);
}

}  // namespace

YAML::Node At(const YAML::Node& node, std::initializer_list<std::string> keys) {
  YAML::Node found;
  found.reset(node);
  for (const std::string& key : keys) {
    // Of an undefined node yaml-cpp throws.
    if (!found.IsDefined() || !found.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
    const YAML::Node& here = found;
    const YAML::Node next = here[key];
    if (!next) return YAML::Node(YAML::NodeType::Undefined);
    found.reset(next);
  }
  return found;
}

json::value ToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    json::object object;
    for (const auto& member : node) object[member.first.Scalar()] = ToJson(member.second);
    return object;
  }
  if (node.IsSequence()) {
    json::array array;
    for (const YAML::Node& each : node) array.push_back(ToJson(each));
    return array;
  }
  return node.IsScalar() ? Scalar(node) : json::value(nullptr);
}

OpenApi::OpenApi() : root_(YAML::LoadFile(KONSUL_SOURCE_DIR "/docs/openapi.yaml")) {
  for (const auto& item : At(root_, {"paths"})) {
    for (const char* method : kMethods) {
      if (At(item.second, {method})) ReadOperation(item.first.Scalar(), method, item.second);
    }
  }
}

YAML::Node OpenApi::Resolve(const YAML::Node& node) const {
  if (!node.IsMap() || !At(node, {"$ref"})) return node;
  const std::string ref = At(node, {"$ref"}).Scalar();
  YAML::Node found;
  found.reset(root_);
  for (const absl::string_view part : absl::StrSplit(ref, '/')) {
    if (part == "#") continue;
    const YAML::Node next = At(found, {std::string(part)});
    if (!next) {
      ADD_FAILURE() << "docs/openapi.yaml, line " << node.Mark().line + 1 << ": " << ref
                    << " is not there";
      return {};
    }
    found.reset(next);
  }
  return found;
}

void OpenApi::ReadOperation(const std::string& path, const std::string& method,
                            const YAML::Node& item) {
  Operation operation{
      .path = path, .method = absl::AsciiStrToUpper(method), .node = At(item, {method})};
  for (const YAML::Node& list : {At(item, {"parameters"}), At(operation.node, {"parameters"})}) {
    for (const YAML::Node& parameter : list) operation.parameters.push_back(Resolve(parameter));
  }
  for (const YAML::Node& tried : At(operation.node, {"x-tried"})) {
    operation.tried.push_back(ReadTried(operation, tried));
  }
  operations_.push_back(std::move(operation));
}

TriedExample OpenApi::ReadTried(const Operation& operation, const YAML::Node& node) const {
  TriedExample tried{.step = At(node, {"step"}).as<int>(),
                     .name = At(node, {"name"}).as<std::string>(),
                     .operation = operation.name(),
                     .method = operation.method,
                     .target = At(node, {"target"}).as<std::string>(),
                     .status = At(node, {"status"}).as<int>()};
  for (const auto& media : At(operation.node, {"requestBody", "content"})) {
    const YAML::Node value = At(media.second, {"examples", tried.name, "value"});
    if (!value) continue;
    tried.body = absl::StrContains(media.first.Scalar(), "json") ? json::serialize(ToJson(value))
                                                                 : value.Scalar();
  }
  tried.sends = At(node, {"sends"}).as<std::string>("");
  for (const auto& header : At(node, {"headers"})) {
    tried.headers.emplace_back(header.first.Scalar(), header.second.Scalar());
  }
  const YAML::Node response = At(operation.node, {"responses", std::to_string(tried.status)});
  if (!response) {
    ADD_FAILURE() << operation.name() << " has no response " << tried.status;
    return tried;
  }
  if (const YAML::Node content = At(node, {"content"}); content) {
    tried.type = content.Scalar();
    tried.any_body = true;
    EXPECT_TRUE(At(Resolve(response), {"content", tried.type})) << operation.name();
  }
  for (const auto& media : At(Resolve(response), {"content"})) {
    const YAML::Node example = At(media.second, {"examples", tried.name});
    if (!example) continue;
    tried.type = media.first.Scalar();
    const YAML::Node value = example["value"];
    tried.value = tried.type == "application/json" ? ToJson(value) : json::value(value.Scalar());
  }
  return tried;
}

std::vector<TriedExample> OpenApi::Story() const {
  std::vector<TriedExample> story;
  for (const Operation& operation : operations_) {
    story.insert(story.end(), operation.tried.begin(), operation.tried.end());
  }
  std::stable_sort(story.begin(), story.end(),
                   [](const auto& a, const auto& b) { return a.step < b.step; });
  return story;
}

std::optional<std::string> OpenApi::ObjectMismatch(const YAML::Node& schema,
                                                   const json::object& value) const {
  for (const YAML::Node& name : At(schema, {"required"})) {
    if (!value.contains(name.Scalar())) return absl::StrCat("\"", name.Scalar(), "\" is missing");
  }
  for (const auto& member : value) {
    const std::string key(member.key());
    const YAML::Node property = At(schema, {"properties", key});
    const YAML::Node others = At(schema, {"additionalProperties"});
    if (!property && !others) return absl::StrCat("\"", key, "\" is not in the schema");
    const auto why = Mismatch(property ? property : others, member.value());
    if (why) return Below("/" + key, *why);
  }
  return std::nullopt;
}

std::optional<std::string> OpenApi::Mismatch(const YAML::Node& reference,
                                             const json::value& value) const {
  const YAML::Node schema = Resolve(reference);
  for (const char* keyword : {"oneOf", "anyOf"}) {
    const YAML::Node choices = At(schema, {keyword});
    if (!choices) continue;
    int fitting = 0;
    std::string reasons;
    for (const YAML::Node& choice : choices) {
      const auto why = Mismatch(choice, value);
      if (!why) ++fitting;
      if (why) absl::StrAppend(&reasons, "; ", *why);
    }
    if (fitting == 0 || (fitting > 1 && keyword[0] == 'o')) {
      return absl::StrCat(fitting, " of the choices fit", reasons);
    }
    return std::nullopt;
  }
  if (const YAML::Node type = At(schema, {"type"}); type) {
    bool fits = type.IsScalar() && IsOfType(type.Scalar(), value);
    for (const YAML::Node& each : type) fits = fits || IsOfType(each.Scalar(), value);
    if (!fits) return absl::StrCat(json::serialize(value), " is of another type");
  }
  if (const YAML::Node allowed = At(schema, {"enum"}); allowed) {
    const auto list = ToJson(allowed).as_array();
    if (std::find(list.begin(), list.end(), value) == list.end()) {
      return absl::StrCat(json::serialize(value), " is not allowed");
    }
  }
  if (const auto* list = value.if_array(); list != nullptr && At(schema, {"items"})) {
    for (size_t i = 0; i < list->size(); ++i) {
      if (auto why = Mismatch(At(schema, {"items"}), (*list)[i])) {
        return Below(absl::StrCat("/", i), *why);
      }
    }
  }
  if (const auto* object = value.if_object()) return ObjectMismatch(schema, *object);
  return std::nullopt;
}

}  // namespace konsul::net_api
