#include "net/api/json_body.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

absl::string_view View(const boost::json::string& text) { return {text.data(), text.size()}; }

absl::Status Failed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(kDecodeFailed, what));
}

}  // namespace

absl::StatusOr<boost::json::value> ParseJson(absl::string_view body) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
  if (error) return Failed(absl::StrCat("the body is no JSON: ", error.message()));
  return value;
}

ObjectReader::ObjectReader(const boost::json::value& value) : object_(value.if_object()) {
  if (object_ == nullptr) status_ = Failed("the body is not a JSON object");
}

const boost::json::value* ObjectReader::Find(absl::string_view key) const {
  if (object_ == nullptr) return nullptr;
  for (const auto& [name, member] : *object_) {
    if (!absl::EqualsIgnoreCase({name.data(), name.size()}, key)) continue;
    return member.is_null() ? nullptr : &member;
  }
  return nullptr;
}

void ObjectReader::Known(std::initializer_list<absl::string_view> keys) {
  if (object_ == nullptr || !status_.ok()) return;
  for (const auto& [name, member] : *object_) {
    const auto same = [&](absl::string_view key) {
      return absl::EqualsIgnoreCase({name.data(), name.size()}, key);
    };
    if (std::any_of(keys.begin(), keys.end(), same)) continue;
    // As Go's decoder says it.
    status_ = Failed(absl::StrCat("json: unknown field \"",
                                  absl::Utf8SafeCEscape({name.data(), name.size()}), "\""));
    return;
  }
}

bool ObjectReader::Mentions(absl::string_view key) const {
  if (object_ == nullptr) return false;
  for (const auto& [name, member] : *object_) {
    if (absl::EqualsIgnoreCase({name.data(), name.size()}, key)) return true;
  }
  return false;
}

bool ObjectReader::IsNumber(absl::string_view key) const {
  const auto* value = Find(key);
  return value != nullptr && value->is_number();
}

void ObjectReader::Fail(absl::string_view key, absl::string_view what) {
  if (status_.ok()) status_ = Failed(absl::StrCat("\"", key, "\" is not ", what));
}

void ObjectReader::Text(absl::string_view key, std::string& out) {
  const auto* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_string()) return Fail(key, "a string");
  out = std::string(View(value->get_string()));
}

void ObjectReader::Bool(absl::string_view key, bool& out) {
  const auto* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_bool()) return Fail(key, "true or false");
  out = value->get_bool();
}

void ObjectReader::Number(absl::string_view key, uint64_t& out) {
  const auto* value = Find(key);
  if (value == nullptr) return;
  boost::json::error_code error;
  const auto number = value->to_number<uint64_t>(error);
  if (error) return Fail(key, "a whole number from 0 to 2^64-1");
  out = number;
}

void ObjectReader::Time(absl::string_view key, Duration& out) {
  const auto* value = Find(key);
  if (value == nullptr) return;
  boost::json::error_code error;
  std::optional<Duration> time;
  if (const auto* text = value->if_string()) {
    time = ParseDuration(View(*text));
  } else if (const auto number = value->to_number<int64_t>(error); !error) {
    time = Duration(number);
  }
  if (!time) return Fail(key, "a duration like \"10s\", or a number of nanoseconds");
  out = *time;
}

void ObjectReader::Texts(absl::string_view key, std::vector<std::string>& out) {
  const auto* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_array()) return Fail(key, "a list");
  out.clear();
  for (const auto& each : value->get_array()) {
    if (!each.is_string()) return Fail(key, "a list of strings");
    out.emplace_back(View(each.get_string()));
  }
}

void ObjectReader::TextMap(absl::string_view key, std::map<std::string, std::string>& out) {
  const auto* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_object()) return Fail(key, "an object");
  for (const auto& [name, each] : value->get_object()) {
    if (!each.is_string()) return Fail(key, "an object of strings");
    out[std::string(name.data(), name.size())] = std::string(View(each.get_string()));
  }
}

void ObjectReader::Bytes(absl::string_view key, std::string& out) {
  std::string text;
  Text(key, text);
  text.erase(
      std::remove_if(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }),
      text.end());
  // What Abseil reads beyond the standard: no padding, dots for it, and blanks.
  const bool strict = text.size() % 4 == 0 && text.find_first_of(". \t\v\f") == std::string::npos;
  if (!strict || !absl::Base64Unescape(text, &out)) Fail(key, "base64");
}

const boost::json::value* ObjectReader::Object(absl::string_view key) {
  const auto* value = Find(key);
  if (value == nullptr || value->is_object()) return value;
  Fail(key, "an object");
  return nullptr;
}

const boost::json::array* ObjectReader::List(absl::string_view key) {
  const auto* value = Find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) Fail(key, "a list");
  return value->if_array();
}

absl::StatusOr<std::string> ReadText(absl::string_view body, absl::string_view key) {
  KONSUL_ASSIGN_OR_RETURN(const boost::json::value value, ParseJson(body));
  ObjectReader reader(value);
  std::string text;
  reader.Text(key, text);
  KONSUL_RETURN_IF_ERROR(reader.status());
  return text;
}

}  // namespace konsul::net_api
