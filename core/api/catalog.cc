#include "core/api/catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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

absl::Status ValidateDatacenter(const Context& context, absl::string_view name) {
  if (name.empty() || name == context.options.datacenter) return absl::OkStatus();
  return absl::FailedPreconditionError("No path to datacenter");
}

}  // namespace

absl::Status ValidateNodeId(absl::string_view id) {
  const auto bad = [](absl::string_view why) {
    return absl::FailedPreconditionError(absl::StrCat("Bad node ID: ", why));
  };
  constexpr size_t kSize = 36;
  constexpr std::array<size_t, 4> kHyphens = {8, 13, 18, 23};
  if (id.size() != kSize) return bad("uuid string is wrong length");
  for (const size_t i : kHyphens) {
    if (id[i] != '-') return bad("uuid is improperly formatted");
  }
  for (size_t i = 0; i < kSize; ++i) {
    const bool hyphen = std::find(kHyphens.begin(), kHyphens.end(), i) != kHyphens.end();
    const auto byte = static_cast<unsigned char>(id[i]);
    if (hyphen || absl::ascii_isxdigit(byte)) continue;
    const std::string shown = absl::ascii_isprint(byte) ? absl::StrFormat(" '%c'", byte) : "";
    return bad(absl::StrFormat("encoding/hex: invalid byte: U+%04X%s", byte, shown));
  }
  return absl::OkStatus();
}

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
  KONSUL_RETURN_IF_ERROR(ValidateDatacenter(context, request.node.datacenter));
  if (request.node.name.empty()) return absl::FailedPreconditionError("Must provide node");
  if (request.node.address.empty() && !request.skip_node_update) {
    return absl::FailedPreconditionError("Must provide address if SkipNodeUpdate is not set");
  }
  if (!request.node.id.empty()) KONSUL_RETURN_IF_ERROR(ValidateNodeId(request.node.id));
  wire::Register command{.node = {.id = request.node.id,
                                  .name = request.node.name,
                                  .address = request.node.address,
                                  .datacenter = context.options.datacenter,
                                  .tagged_addresses = Views(request.node.tagged_addresses),
                                  .meta = Views(request.node.meta)},
                         .skip_node = request.skip_node_update,
                         .checks = {}};
  for (const Check& check : request.checks) {
    const std::string& id = check.id.empty() ? check.name : check.id;
    if (!check.service.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("Unknown service ID '", check.service, "' for check ID '", id, "'"));
    }
    command.checks.push_back(
        {.node = check.node.empty() ? request.node.name : check.node,
         .id = id,
         .name = check.name,
         .status = check.status.empty() ? absl::string_view("critical") : check.status,
         .notes = check.notes,
         .output = check.output,
         .type = check.type});
  }
  return ExecuteCommand(context, command).status();
}

absl::Status Deregister(const Context& context, const DeregisterRequest& request) {
  KONSUL_RETURN_IF_ERROR(ValidateDatacenter(context, request.datacenter));
  if (request.node.empty()) return absl::FailedPreconditionError("Must provide node");
  if (!request.service.empty()) return absl::OkStatus();
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
