// Nodes (https://developer.hashicorp.com/consul/api-docs/catalog) and events of users
// (https://developer.hashicorp.com/consul/api-docs/event).
#ifndef KONSUL_CORE_API_CATALOG_H_
#define KONSUL_CORE_API_CATALOG_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/api/context.h"
#include "core/wire/catalog.h"

namespace konsul::api {

struct Node {
  std::string id, name, address, datacenter;
  std::map<std::string, std::string> tagged_addresses, meta;
  uint64_t create_index = 0, modify_index = 0;
};

Node Own(const wire::Node& node);

struct Check {
  std::string node;     // empty: that which is registered
  std::string service;  // the id of one of its services
  std::string id, name, status, notes, output, type;
};

// Whether it is a UUID; FailedPrecondition if not.
absl::Status ValidateNodeId(absl::string_view id);

struct RegisterRequest {
  Node node;
  bool skip_node_update = false;
  std::vector<Check> checks;  // without a status: critical
};
// FailedPrecondition with the texts that clients know, as of Deregister.
absl::Status Register(const Context& context, const RegisterRequest& request);

struct DeregisterRequest {
  std::string node;
  std::string datacenter;  // empty: that of this server
  std::string service;     // not empty: this alone, and there is none
  std::string check;       // empty: the node, with all that belongs to it
};
absl::Status Deregister(const Context& context, const DeregisterRequest& request);

struct NodesReply {
  ReadMeta meta;
  std::vector<Node> nodes;  // by name
};
absl::StatusOr<NodesReply> Nodes(const Context& context, const ReadOptions& options);

struct Event {
  std::string id, name, payload, node_filter, service_filter, tag_filter;
  uint64_t ltime = 0;
};
// Fires it; its id. That it has a name, and filters that make sense, is the caller's care: nothing
// is matched here.
absl::StatusOr<std::string> FireEvent(const Context& context, const Event& event);

struct EventsReply {
  ReadMeta meta;
  std::vector<Event> events;  // in the order in which they were fired
};
// The last ones; of one name, unless it is empty.
absl::StatusOr<EventsReply> Events(const Context& context, absl::string_view name,
                                   const ReadOptions& options);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_CATALOG_H_
