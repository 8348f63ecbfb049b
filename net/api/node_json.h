// Nodes as the API reads and writes them.
#ifndef KONSUL_NET_API_NODE_JSON_H_
#define KONSUL_NET_API_NODE_JSON_H_

#include <boost/json/value.hpp>

#include "absl/status/statusor.h"
#include "core/api/catalog.h"
#include "net/api/json.h"
#include "net/filter/type.h"

namespace konsul::net_api {

void WriteNode(const api::Node& node, JsonWriter& json);
// What filters may ask of what WriteNode writes.
const filter::Type& NodeType();
// Of an object with the members ID, Node, Address, Datacenter, TaggedAddresses and Meta (NodeMeta
// in the catalog). InvalidArgument.
absl::StatusOr<api::Node> ReadNodeJson(const boost::json::value& value);
// Valid as long as `node`.
wire::Node ViewOfNode(const api::Node& node);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_NODE_JSON_H_
