#include "net/api/check_json.h"

#include "absl/strings/string_view.h"
#include "core/base/status.h"
#include "net/api/json_body.h"

namespace konsul::net_api {

void WriteCheck(const wire::Check& check, JsonWriter& json) {
  const auto text = [&](absl::string_view key, absl::string_view value) {
    json.Key(key);
    json.String(value);
  };
  json.BeginObject();
  text("Node", check.node);
  text("CheckID", check.id);
  text("Name", check.name);
  text("Status", check.status);
  text("Notes", check.notes);
  text("Output", check.output);
  text("ServiceID", "");
  text("ServiceName", "");
  json.Key("ServiceTags");
  json.Null();
  text("Type", check.type);
  text("Interval", "");
  text("Timeout", "");
  json.Key("ExposedPort");
  json.Number(0);
  json.Key("Definition");
  json.BeginObject();
  json.EndObject();
  json.Key("CreateIndex");
  json.Number(check.create_index);
  json.Key("ModifyIndex");
  json.Number(check.modify_index);
  json.EndObject();
}

absl::StatusOr<CheckJson> ReadCheckJson(const boost::json::value& value,
                                        std::deque<std::string>& texts) {
  ObjectReader reader(value);
  CheckJson read;
  reader.Known({"Node", "CheckID", "Name", "Status", "Notes", "Output", "ServiceID", "ServiceName",
                "ServiceTags", "Type", "Namespace", "Partition", "ExposedPort", "PeerName",
                "Definition", "CreateIndex", "ModifyIndex"});
  const auto text = [&](absl::string_view key, absl::string_view& out) {
    std::string& owned = texts.emplace_back();
    reader.Text(key, owned);
    out = owned;
  };
  text("Node", read.check.node);
  text("CheckID", read.check.id);
  text("Name", read.check.name);
  text("Status", read.check.status);
  text("Notes", read.check.notes);
  text("Output", read.check.output);
  text("Type", read.check.type);
  reader.Text("ServiceID", read.service);
  reader.Number("CreateIndex", read.check.create_index);
  reader.Number("ModifyIndex", read.check.modify_index);
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (read.check.id.empty()) read.check.id = read.check.name;
  return read;
}

}  // namespace konsul::net_api
