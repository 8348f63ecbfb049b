#include "cmd/konsulctl/json.h"

#include <utility>

namespace konsul::ctl {

namespace json = boost::json;

namespace {

const json::value* Find(const json::object& object, absl::string_view key) {
  return object.if_contains({key.data(), key.size()});
}

}  // namespace

absl::Status NotUnderstood() {
  return absl::InternalError(
      "Error! The server's reply is not what /v1 promises; is it a Konsul server?");
}

absl::StatusOr<json::array> ParseArray(absl::string_view text) {
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_array()) return NotUnderstood();
  return std::move(value.get_array());
}

absl::StatusOr<json::object> ParseObject(absl::string_view text) {
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return NotUnderstood();
  return std::move(value.get_object());
}

uint64_t Number(const json::object& object, absl::string_view key) {
  const json::value* value = Find(object, key);
  if (value == nullptr || !value->is_number()) return 0;
  json::error_code ignored;
  return value->to_number<uint64_t>(ignored);
}

std::string Text(const json::object& object, absl::string_view key) {
  const json::value* value = Find(object, key);
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string().data(), value->get_string().size());
}

bool Bool(const json::object& object, absl::string_view key) {
  const json::value* value = Find(object, key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<json::object> Objects(const json::object& object, absl::string_view key) {
  std::vector<json::object> objects;
  const json::value* value = Find(object, key);
  if (value == nullptr || !value->is_array()) return objects;
  for (const json::value& element : value->get_array()) {
    if (element.is_object()) objects.push_back(element.get_object());
  }
  return objects;
}

}  // namespace konsul::ctl
