#include "sim/workloads/kv_reply.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "boost/json.hpp"

namespace konsul::workloads {
namespace {

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("a KV reply with ", what));
}

absl::Status ReadItem(const boost::json::value& value, KvItem& out) {
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return Bad("an item that is no object");
  const boost::json::value* key = object->if_contains("Key");
  const boost::json::value* index = object->if_contains("ModifyIndex");
  const boost::json::value* data = object->if_contains("Value");
  if (key == nullptr || !key->is_string()) return Bad("no Key");
  if (data == nullptr || !(data->is_string() || data->is_null())) return Bad("no Value");
  if (index == nullptr || !index->is_number()) return Bad("no ModifyIndex");
  boost::json::error_code error;
  out.modify_index = index->to_number<uint64_t>(error);
  if (error) return Bad("a ModifyIndex that is no whole number");
  out.key = key->as_string().c_str();
  if (data->is_string()) {
    const boost::json::string& text = data->as_string();
    if (!absl::Base64Unescape(absl::string_view(text.data(), text.size()), &out.value)) {
      return Bad("a Value that is no base64");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<KvItem>> ParseKvReply(absl::string_view body) {
  boost::json::error_code error;
  const boost::json::value document =
      boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  if (error || !document.is_array()) return Bad("no list of items");
  std::vector<KvItem> items;
  for (const boost::json::value& value : document.as_array()) {
    KvItem item;
    const absl::Status status = ReadItem(value, item);
    if (!status.ok()) return status;
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace konsul::workloads
