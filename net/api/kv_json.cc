#include "net/api/kv_json.h"

namespace konsul::net_api {

void WritePair(const api::KvPair& pair, JsonWriter& json) {
  json.BeginObject();
  json.Key("LockIndex");
  json.Number(pair.lock_index);
  json.Key("Key");
  json.String(pair.key);
  json.Key("Flags");
  json.Number(pair.flags);
  json.Key("Value");
  json.Bytes(pair.value);
  if (!pair.session.empty()) {
    json.Key("Session");
    json.String(pair.session);
  }
  json.Key("CreateIndex");
  json.Number(pair.create_index);
  json.Key("ModifyIndex");
  json.Number(pair.modify_index);
  json.EndObject();
}

}  // namespace konsul::net_api
