#include "core/api/catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/blocking.h"
#include "core/api/execute.h"
#include "core/base/status.h"
#include "core/state/catalog_reader.h"
#include "core/state/event_commands.h"
#include "core/wire/command.h"

namespace konsul::api {
namespace {

using state::Table;

wire::Pairs Views(const std::map<std::string, std::string>& pairs) {
  return {pairs.begin(), pairs.end()};
}

std::map<std::string, std::string> Own(const wire::Pairs& pairs) {
  std::map<std::string, std::string> own;
  for (const auto& [name, value] : pairs) own.emplace(name, value);
  return own;
}

}  // namespace

Node Own(const wire::Node& node) {
  return {.id = std::string(node.id),
          .name = std::string(node.name),
          .address = std::string(node.address),
          .datacenter = std::string(node.datacenter),
          .tagged_addresses = Own(node.tagged_addresses),
          .meta = Own(node.meta),
          .create_index = node.create_index,
          .modify_index = node.modify_index};
}

absl::Status Register(const Context& context, const RegisterRequest& request) {
  if (request.node.name.empty() || (request.node.address.empty() && !request.skip_node_update)) {
    return absl::FailedPreconditionError("Must provide node and address");
  }
  wire::Register command{
      .node = {.id = request.node.id,
               .name = request.node.name,
               .address = request.node.address,
               .datacenter = request.node.datacenter.empty() ? context.options.datacenter
                                                             : request.node.datacenter,
               .tagged_addresses = Views(request.node.tagged_addresses),
               .meta = Views(request.node.meta)},
      .skip_node = request.skip_node_update,
      .checks = {}};
  for (const Check& check : request.checks) {
    command.checks.push_back(
        {.node = request.node.name,
         .id = check.id.empty() ? check.name : check.id,
         .name = check.name,
         .status = check.status.empty() ? absl::string_view("critical") : check.status,
         .notes = check.notes,
         .output = check.output,
         .type = check.type});
  }
  return ExecuteCommand(context, command).status();
}

absl::Status Deregister(const Context& context, const DeregisterRequest& request) {
  if (request.node.empty()) return absl::FailedPreconditionError("Must provide node");
  return ExecuteCommand(context, wire::Deregister{request.node, request.check}).status();
}

absl::StatusOr<NodesReply> Nodes(const Context& context, const ReadOptions& options) {
  NodesReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Prefix(Table::kNodes, "");
    KONSUL_ASSIGN_OR_RETURN(const auto found, state::ListNodes(txn));
    reply.meta.index = found.index;
    for (const wire::Node& node : found.nodes) reply.nodes.push_back(Own(node));
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, options, reply.meta, query));
  return reply;
}

absl::StatusOr<std::string> FireEvent(const Context& context, const Event& event) {
  if (event.name.empty()) return absl::InvalidArgumentError("Missing name");
  const uint64_t random = context.ids->NewRandom();
  const std::string id = absl::StrCat(absl::Hex(random));
  const wire::EventFire command{{.id = id,
                                 .name = event.name,
                                 .payload = event.payload,
                                 .node_filter = event.node_filter,
                                 .service_filter = event.service_filter,
                                 .tag_filter = event.tag_filter}};
  KONSUL_ASSIGN_OR_RETURN(const wire::CommandResult result, ExecuteCommand(context, command));
  return state::EventId(random, result.index);
}

absl::StatusOr<EventsReply> Events(const Context& context, absl::string_view name,
                                   const ReadOptions& options) {
  EventsReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Prefix(Table::kEvents, "");
    KONSUL_ASSIGN_OR_RETURN(const auto found, state::ListEvents(txn, name));
    reply.meta.index = found.index;
    for (const wire::Event& event : found.events) {
      reply.events.push_back({.id = std::string(event.id),
                              .name = std::string(event.name),
                              .payload = std::string(event.payload),
                              .node_filter = std::string(event.node_filter),
                              .service_filter = std::string(event.service_filter),
                              .tag_filter = std::string(event.tag_filter),
                              .ltime = event.ltime});
    }
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, options, reply.meta, query));
  return reply;
}

}  // namespace konsul::api
