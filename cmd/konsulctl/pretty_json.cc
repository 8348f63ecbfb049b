#include "cmd/konsulctl/pretty_json.h"

#include "absl/strings/str_cat.h"

namespace konsul::ctl {
namespace {

namespace json = boost::json;

void Append(const json::value& value, size_t depth, std::string& out) {
  const std::string indent((depth + 1) * 4, ' ');
  const auto end = [&](char bracket) {
    absl::StrAppend(&out, "\n", std::string(depth * 4, ' '), std::string(1, bracket));
  };
  bool first = true;
  const auto next = [&] {
    absl::StrAppend(&out, first ? "\n" : ",\n", indent);
    first = false;
  };
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const json::key_value_pair& pair : *object) {
      next();
      absl::StrAppend(&out, json::serialize(pair.key()), ": ");
      Append(pair.value(), depth + 1, out);
    }
    end('}');
  } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    out += '[';
    for (const json::value& element : *array) {
      next();
      Append(element, depth + 1, out);
    }
    end(']');
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string PrettyJson(const json::value& value) {
  std::string out;
  Append(value, 0, out);
  out += '\n';
  return out;
}

}  // namespace konsul::ctl
