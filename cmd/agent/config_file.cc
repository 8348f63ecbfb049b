#include "cmd/agent/config_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::agent {
namespace {

namespace json = boost::json;

std::string Below(absl::string_view prefix, absl::string_view key) {
  return prefix.empty() ? std::string(key) : absl::StrCat(prefix, ".", key);
}

absl::Status NotAValue(absl::string_view key) {
  return absl::InvalidArgumentError(
      absl::StrCat("the value of \"", key, "\" must be a text, a number, true, false, or a list"));
}

std::optional<std::string> Scalar(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string().data(), value.get_string().size());
  if (value.is_bool() || value.is_number()) return json::serialize(value);
  return std::nullopt;
}

absl::Status Flatten(const json::object& object, absl::string_view prefix, FileItems& items) {
  for (const auto& member : object) {
    std::string key = Below(prefix, {member.key().data(), member.key().size()});
    const json::value& value = member.value();
    if (value.is_object()) {
      KONSUL_RETURN_IF_ERROR(Flatten(value.get_object(), key, items));
      continue;
    }
    std::vector<std::string> values;
    json::array one{value};
    for (const json::value& element : value.is_array() ? value.get_array() : one) {
      std::optional<std::string> scalar = Scalar(element);
      if (!scalar) return NotAValue(key);
      values.push_back(*std::move(scalar));
    }
    items.emplace_back(std::move(key), std::move(values));
  }
  return absl::OkStatus();
}

absl::Status Flatten(const YAML::Node& map, absl::string_view prefix, FileItems& items) {
  for (const auto& member : map) {
    if (!member.first.IsScalar()) return absl::InvalidArgumentError("a key is not a text");
    std::string key = Below(prefix, member.first.Scalar());
    const YAML::Node& value = member.second;
    if (value.IsMap()) {
      KONSUL_RETURN_IF_ERROR(Flatten(value, key, items));
      continue;
    }
    std::vector<std::string> values;
    if (value.IsScalar()) {
      values.push_back(value.Scalar());
    } else if (value.IsSequence()) {
      for (const YAML::Node& element : value) {
        if (!element.IsScalar()) return NotAValue(key);
        values.push_back(element.Scalar());
      }
    } else {
      return NotAValue(key);
    }
    items.emplace_back(std::move(key), std::move(values));
  }
  return absl::OkStatus();
}

absl::Status NotAnObject() {
  return absl::InvalidArgumentError("the file must hold one object of settings");
}

absl::StatusOr<FileItems> ParseJson(absl::string_view text) {
  json::stream_parser parser;
  json::error_code error;
  size_t taken = parser.write_some(text.data(), text.size(), error);
  // What follows the value may only be white space.
  if (!error && !absl::StripAsciiWhitespace(text.substr(taken)).empty()) {
    error = json::error::extra_data;
  }
  if (!error) parser.finish(error);
  if (error) {
    absl::string_view before = text.substr(0, taken);
    size_t line = 1 + std::count(before.begin(), before.end(), '\n');
    size_t start = before.rfind('\n');
    size_t column = taken - (start == absl::string_view::npos ? 0 : start + 1) + 1;
    return absl::InvalidArgumentError(
        absl::StrCat("line ", line, ", column ", column, ": not JSON: ", error.message()));
  }
  json::value value = parser.release();
  if (!value.is_object()) return NotAnObject();
  FileItems items;
  KONSUL_RETURN_IF_ERROR(Flatten(value.get_object(), "", items));
  return items;
}

// The one place that meets yaml-cpp's exceptions.
absl::StatusOr<FileItems> ParseYaml(absl::string_view text) {
  try {
    YAML::Node root = YAML::Load(std::string(text));
    FileItems items;
    if (root.IsNull()) return items;
    if (!root.IsMap()) return NotAnObject();
    KONSUL_RETURN_IF_ERROR(Flatten(root, "", items));
    return items;
  } catch (const YAML::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.mark.line + 1, ", column ",
                                                   error.mark.column + 1,
                                                   ": not YAML: ", error.msg));
  }
}

std::optional<FileFormat> FormatOf(absl::string_view path) {
  if (absl::EndsWith(path, ".json")) return FileFormat::kJson;
  if (absl::EndsWith(path, ".yaml") || absl::EndsWith(path, ".yml")) return FileFormat::kYaml;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<FileItems> ParseConfigText(FileFormat format, absl::string_view text) {
  return format == FileFormat::kJson ? ParseJson(text) : ParseYaml(text);
}

absl::StatusOr<FileItems> ReadConfigFile(const std::string& path) {
  std::optional<FileFormat> format = FormatOf(path);
  if (!format) {
    return absl::InvalidArgumentError(
        absl::StrCat("config file ", path,
                     ": the name must end in .json, .yaml or .yml, which tells its format"));
  }
  std::ifstream file(path);
  std::stringstream text;
  // A directory opens, but cannot be read.
  if (!file || !(text << file.rdbuf())) {
    if (file && file.peek() == std::ifstream::traits_type::eof() && !file.bad()) {
      return ParseConfigText(*format, "");
    }
    return absl::InvalidArgumentError(
        absl::StrCat("config file ", path, " cannot be read: ", std::strerror(errno)));
  }
  absl::StatusOr<FileItems> items = ParseConfigText(*format, text.str());
  if (!items.ok()) return Annotate(items.status(), absl::StrCat("config file ", path));
  return items;
}

absl::StatusOr<std::vector<std::string>> ListConfigDir(const std::string& path) {
  std::error_code error;
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (FormatOf(it->path().string())) files.push_back(it->path().string());
  }
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("config directory ", path, " cannot be read: ", error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace konsul::agent
