#include "net/api/node_json.h"

#include "core/base/status.h"
#include "net/api/json_body.h"

namespace konsul::net_api {
namespace {

void WriteMap(absl::string_view key, const std::map<std::string, std::string>& map,
              JsonWriter& json) {
  json.Key(key);
  if (map.empty()) return json.Null();
  json.BeginObject();
  for (const auto& [name, value] : map) {
    json.Key(name);
    json.String(value);
  }
  json.EndObject();
}

}  // namespace

void WriteNode(const api::Node& node, JsonWriter& json) {
  json.BeginObject();
  json.Key("ID");
  json.String(node.id);
  json.Key("Node");
  json.String(node.name);
  json.Key("Address");
  json.String(node.address);
  json.Key("Datacenter");
  json.String(node.datacenter);
  WriteMap("TaggedAddresses", node.tagged_addresses, json);
  WriteMap("Meta", node.meta, json);
  json.Key("CreateIndex");
  json.Number(node.create_index);
  json.Key("ModifyIndex");
  json.Number(node.modify_index);
  json.EndObject();
}

const filter::Type& NodeType() {
  using filter::Type;
  // Those of Consul: no indexes, and two members that are never there.
  static const auto* const kType =
      new Type(Type::Object({{"ID", Type::Text()},
                             {"Node", Type::Text()},
                             {"Address", Type::Text()},
                             {"Datacenter", Type::Text()},
                             {"Partition", Type::Text()},
                             {"PeerName", Type::Text()},
                             {"TaggedAddresses", Type::Map(Type::Text())},
                             {"Meta", Type::Map(Type::Text())}}));
  return *kType;
}

absl::StatusOr<api::Node> ReadNodeJson(const boost::json::value& value) {
  ObjectReader reader(value);
  api::Node node;
  reader.Text("ID", node.id);
  reader.Text("Node", node.name);
  reader.Text("Address", node.address);
  reader.Text("Datacenter", node.datacenter);
  reader.TextMap("TaggedAddresses", node.tagged_addresses);
  reader.TextMap("Meta", node.meta);
  reader.TextMap("NodeMeta", node.meta);
  KONSUL_RETURN_IF_ERROR(reader.status());
  return node;
}

wire::Node ViewOfNode(const api::Node& node) {
  return {.id = node.id,
          .name = node.name,
          .address = node.address,
          .datacenter = node.datacenter,
          .tagged_addresses = {node.tagged_addresses.begin(), node.tagged_addresses.end()},
          .meta = {node.meta.begin(), node.meta.end()}};
}

}  // namespace konsul::net_api
