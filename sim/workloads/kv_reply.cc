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
  if (const auto* number = object->if_contains("CreateIndex")) {
    out.create_index = number->to_number<uint64_t>(error);
    if (error) return Bad("a CreateIndex that is no whole number");
  }
  if (const auto* number = object->if_contains("LockIndex")) {
    out.lock_index = number->to_number<uint64_t>(error);
    if (error) return Bad("a LockIndex that is no whole number");
  }
  if (const auto* session = object->if_contains("Session")) {
    if (!session->is_string()) return Bad("a Session that is no text");
    out.session = session->as_string().c_str();
  }
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

absl::StatusOr<std::vector<KvItem>> ParseTxnReply(absl::string_view body) {
  boost::json::error_code error;
  const boost::json::value document =
      boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  const boost::json::object* object = error ? nullptr : document.if_object();
  const boost::json::value* results = object == nullptr ? nullptr : object->if_contains("Results");
  if (results == nullptr) return Bad("no Results");
  std::vector<KvItem> items;
  if (results->is_null()) return items;
  if (!results->is_array()) return Bad("Results that are no list");
  for (const boost::json::value& each : results->as_array()) {
    const boost::json::object* result = each.if_object();
    const boost::json::value* kv = result == nullptr ? nullptr : result->if_contains("KV");
    if (kv == nullptr) return Bad("a result without KV");
    KvItem item;
    const absl::Status status = ReadItem(*kv, item);
    if (!status.ok()) return status;
    items.push_back(std::move(item));
  }
  return items;
}

absl::StatusOr<StreamData> ParseStreamData(absl::string_view data) {
  boost::json::error_code error;
  const boost::json::value document =
      boost::json::parse(boost::json::string_view(data.data(), data.size()), error);
  const boost::json::object* object = error ? nullptr : document.if_object();
  if (object == nullptr) return Bad("data that is no object");
  StreamData out;
  const boost::json::value* index = object->if_contains("Index");
  if (index == nullptr) return Bad("no Index");
  out.index = index->to_number<uint64_t>(error);
  if (const auto* oldest = object->if_contains("Oldest")) {
    out.oldest = oldest->to_number<uint64_t>(error);
  }
  if (error) return Bad("an index that is no whole number");
  out.more = object->contains("More");
  const auto add = [&](const boost::json::value& value) {
    out.rows.emplace_back();
    return ReadItem(value, out.rows.back());
  };
  absl::Status status;
  if (const auto* pairs = object->if_contains("Pairs"); pairs != nullptr && pairs->is_array()) {
    for (const boost::json::value& pair : pairs->as_array()) status.Update(add(pair));
  }
  static const boost::json::array* const kNone = new boost::json::array;
  const auto* changes = object->if_contains("Changes");
  const bool changed = changes != nullptr && changes->is_array();
  for (const boost::json::value& value : changed ? changes->as_array() : *kNone) {
    const boost::json::object* change = value.if_object();
    if (change == nullptr) return Bad("a change that is no object");
    if (const auto* pair = change->if_contains("Pair")) {
      status.Update(add(*pair));
    } else if (const auto* key = change->if_contains("Key"); key != nullptr && key->is_string()) {
      out.deleted.emplace_back(key->as_string().c_str());
    } else {
      return Bad("a change of nothing");
    }
  }
  if (!status.ok()) return status;
  return out;
}

absl::StatusOr<std::string> ParseSessionId(absl::string_view body) {
  boost::json::error_code error;
  const boost::json::value document =
      boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  const boost::json::object* object = error ? nullptr : document.if_object();
  const boost::json::value* id = object == nullptr ? nullptr : object->if_contains("ID");
  if (id == nullptr || !id->is_string()) return Bad("no ID");
  return std::string(id->as_string().c_str());
}

}  // namespace konsul::workloads
