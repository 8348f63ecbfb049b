#include "core/state/catalog_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/meta.h"

namespace konsul::state {
namespace {

absl::StatusOr<Index> IndexOf(const ReadTxn& txn, absl::string_view meta) {
  KONSUL_ASSIGN_OR_RETURN(const uint64_t index, ReadMetaU64(txn, meta));
  return Index(std::max<uint64_t>(index, 1));
}

}  // namespace

absl::StatusOr<std::optional<wire::Node>> FindNode(const ReadTxn& txn, absl::string_view name) {
  if (!ValidateNodeName(name).ok()) return std::nullopt;
  const auto bytes = txn.Get(Table::kNodes, NodeKey(name));
  if (!bytes) return std::nullopt;
  KONSUL_ASSIGN_OR_RETURN(auto node, wire::DecodeNode(*bytes));
  return std::optional<wire::Node>(std::move(node));
}

absl::StatusOr<std::optional<wire::Node>> FindNodeById(const ReadTxn& txn, absl::string_view id) {
  std::optional<wire::Node> found;
  absl::Status status;
  txn.Scan(Table::kNodes, "", [&](absl::string_view, absl::string_view bytes) {
    auto node = wire::DecodeNode(bytes);
    status = node.status();
    if (node.ok() && absl::EqualsIgnoreCase(node->id, id)) found = *std::move(node);
    return status.ok() && !found;
  });
  KONSUL_RETURN_IF_ERROR(status);
  return found;
}

absl::StatusOr<std::optional<wire::Check>> FindCheck(const ReadTxn& txn, absl::string_view node,
                                                     absl::string_view id) {
  if (!ValidateNodeName(node).ok() || !ValidateCheckId(id).ok()) return std::nullopt;
  const auto bytes = txn.Get(Table::kChecks, CheckKey(node, id));
  if (!bytes) return std::nullopt;
  KONSUL_ASSIGN_OR_RETURN(const wire::Check check, wire::DecodeCheck(*bytes));
  return std::optional<wire::Check>(check);
}

absl::StatusOr<NodeList> ListNodes(const ReadTxn& txn) {
  NodeList list;
  KONSUL_ASSIGN_OR_RETURN(list.index, IndexOf(txn, kMetaNodes));
  absl::Status status;
  txn.Scan(Table::kNodes, "", [&](absl::string_view, absl::string_view bytes) {
    auto node = wire::DecodeNode(bytes);
    status = node.status();
    if (node.ok()) list.nodes.push_back(*std::move(node));
    return status.ok();
  });
  KONSUL_RETURN_IF_ERROR(status);
  return list;
}

absl::StatusOr<EventList> ListEvents(const ReadTxn& txn, absl::string_view name) {
  EventList list;
  list.index = Index(1);
  absl::Status status;
  txn.Scan(Table::kEvents, "", [&](absl::string_view, absl::string_view bytes) {
    auto event = wire::DecodeEvent(bytes);
    status = event.status();
    if (!event.ok()) return false;
    // Ones that are forgotten may have been of that name.
    const bool forgotten = list.index == Index(1) && event->ltime > 1;
    if (name.empty() || event->name == name) {
      list.index = Index(event->index);
      list.events.push_back(*std::move(event));
    } else if (forgotten) {
      list.index = Index(event->index);
    }
    return true;
  });
  KONSUL_RETURN_IF_ERROR(status);
  return list;
}

}  // namespace konsul::state
