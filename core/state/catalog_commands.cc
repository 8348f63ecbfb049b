#include "core/state/catalog_commands.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/state/catalog_reader.h"
#include "core/state/keys.h"
#include "core/state/meta.h"

namespace konsul::state {
namespace {

// Equal but for the indexes.
bool Same(wire::Node a, const wire::Node& b) {
  if (absl::EqualsIgnoreCase(a.name, b.name)) a.name = b.name;
  a.create_index = b.create_index;
  a.modify_index = b.modify_index;
  return a == b;
}

bool Same(wire::Check a, const wire::Check& b) {
  a.create_index = b.create_index;
  a.modify_index = b.modify_index;
  return a == b;
}

// Whether the servers find it alive, which they have to say.
absl::StatusOr<bool> IsAlive(const ReadTxn& txn, const std::optional<wire::Node>& node) {
  if (!node) return false;
  const auto check = txn.Get(Table::kChecks, CheckKey(node->name, kAliveCheck));
  if (!check) return false;
  KONSUL_ASSIGN_OR_RETURN(const wire::Check decoded, wire::DecodeCheck(*check));
  return decoded.status != "critical";
}

bool IsStatus(absl::string_view text) {
  return text == "passing" || text == "warning" || text == "critical";
}

}  // namespace

OutcomeOr CatalogCommands::Register(Effects& effects, Index index, const wire::Register& reg) {
  // All or nothing: what can be refused is looked at before anything is changed.
  if (const absl::Status valid = ValidateNodeName(reg.node.name); !valid.ok()) {
    return Outcome::Refused(std::string(valid.message()));
  }
  for (const wire::Check& check : reg.checks) {
    if (const absl::Status valid = ValidateCheckId(check.id); !valid.ok()) {
      return Outcome::Refused(std::string(valid.message()));
    }
    if (NodeKey(check.node) != NodeKey(reg.node.name)) {
      return Outcome::Refused(absl::StrCat("Node '", check.node, "' for check '", check.id,
                                           "' doesn't match register request node '", reg.node.name,
                                           "'"));
    }
    if (!IsStatus(check.status)) {
      return Outcome::Refused(absl::StrCat("invalid check status \"", check.status, "\""));
    }
  }
  if (!reg.skip_node || !effects.read().Get(Table::kNodes, NodeKey(reg.node.name))) {
    KONSUL_ASSIGN_OR_RETURN(Outcome outcome, SetNode(effects, index, reg.node));
    if (!outcome.error.empty()) outcome.error.insert(0, "failed inserting node: ");
    if (!outcome.success) return outcome;
  }
  for (const wire::Check& check : reg.checks) {
    KONSUL_ASSIGN_OR_RETURN(Outcome outcome, SetCheck(effects, index, check));
    if (!outcome.success) return outcome;
  }
  return Outcome::Done();
}

OutcomeOr CatalogCommands::SetNode(Effects& effects, Index index, const wire::Node& node) {
  if (const absl::Status valid = ValidateNodeName(node.name); !valid.ok()) {
    return Outcome::Refused(std::string(valid.message()));
  }
  KONSUL_ASSIGN_OR_RETURN(auto existing, FindNode(effects.read(), node.name));
  wire::Node stored = node;
  if (existing && Same(stored, *existing)) return Outcome::Done();
  stored.create_index = existing ? existing->create_index : index.value;
  if (!node.id.empty() && !(existing && absl::EqualsIgnoreCase(existing->id, node.id))) {
    KONSUL_ASSIGN_OR_RETURN(const auto namesake, FindNodeById(effects.read(), node.id));
    KONSUL_ASSIGN_OR_RETURN(const bool alive, IsAlive(effects.read(), existing));
    if (alive && (namesake || !existing->id.empty())) {
      return Outcome::Refused(absl::StrCat("Error while renaming Node ID: \"", node.id, "\"",
                                           namesake ? absl::StrCat(" (", node.address, ")") : "",
                                           ": Node name ", node.name, " is reserved by node ",
                                           existing->id, " with name ", existing->name, " (",
                                           existing->address, ")"));
    }
    if (namesake) {
      stored.create_index = namesake->create_index;
      const std::string old_name(namesake->name);  // gone with the first write
      KONSUL_RETURN_IF_ERROR(RemoveNode(effects, index, old_name));
    }
  }
  stored.modify_index = index.value;
  const std::string bytes = wire::EncodeNode(stored);
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kNodes, NodeKey(node.name), bytes));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaNodes, EncodeU64(index.value)));
  return Outcome::Done();
}

OutcomeOr CatalogCommands::SetCheck(Effects& effects, Index index, const wire::Check& check) {
  const std::string key = CheckKey(check.node, check.id);
  const auto before = effects.read().Get(Table::kChecks, key);
  wire::Check stored = check;
  stored.create_index = stored.modify_index = index.value;
  if (before) {
    KONSUL_ASSIGN_OR_RETURN(const wire::Check existing, wire::DecodeCheck(*before));
    if (Same(stored, existing)) return Outcome::Done();
    stored.create_index = existing.create_index;
  }
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kChecks, key, wire::EncodeCheck(stored)));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaChecks, EncodeU64(index.value)));
  if (check.status == "critical") {
    KONSUL_RETURN_IF_ERROR(sessions_.EndOfCheck(effects, index, check.node, check.id));
  }
  return Outcome::Done();
}

OutcomeOr CatalogCommands::Deregister(Effects& effects, Index index,
                                      const wire::Deregister& dereg) {
  if (!ValidateNodeName(dereg.node).ok()) return Outcome::Done();
  if (dereg.check.empty()) {
    KONSUL_RETURN_IF_ERROR(RemoveNode(effects, index, dereg.node));
  } else if (ValidateCheckId(dereg.check).ok()) {
    KONSUL_RETURN_IF_ERROR(RemoveCheck(effects, index, dereg.node, dereg.check));
  }
  return Outcome::Done();
}

absl::Status CatalogCommands::RemoveCheck(Effects& effects, Index index, absl::string_view node,
                                          absl::string_view id) {
  const std::string key = CheckKey(node, id);
  if (!effects.read().Get(Table::kChecks, key)) return absl::OkStatus();
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kChecks, key));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaChecks, EncodeU64(index.value)));
  return sessions_.EndOfCheck(effects, index, node, id);
}

absl::Status CatalogCommands::RemoveNode(Effects& effects, Index index, absl::string_view name) {
  if (!effects.read().Get(Table::kNodes, NodeKey(name))) return absl::OkStatus();
  KONSUL_RETURN_IF_ERROR(sessions_.EndOfNode(effects, index, name));
  const std::string prefix = NodePrefix(name);
  std::vector<std::string> checks;  // a scan does not survive a write
  effects.read().ScanPrefix(Table::kChecks, prefix, [&](absl::string_view key, absl::string_view) {
    checks.emplace_back(key.substr(prefix.size()));
    return true;
  });
  for (const std::string& id : checks) {
    KONSUL_RETURN_IF_ERROR(RemoveCheck(effects, index, name, id));
  }
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kNodes, NodeKey(name)));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaNodes, EncodeU64(index.value)));
  return effects.Put(Table::kMeta, kMetaNodesGone, EncodeU64(index.value));
}

OutcomeOr CatalogCommands::Apply(Effects& effects, Index index, const wire::NodeOp& op) {
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindNode(effects.read(), op.node.name));
  const uint64_t now = existing ? existing->modify_index : 0;
  switch (op.verb) {
    case wire::NodeVerb::kGet:
      return Outcome{.success = existing.has_value(), .error = {}};
    case wire::NodeVerb::kCas:
      if (op.index != now) return Outcome::No();
      return SetNode(effects, index, op.node);
    case wire::NodeVerb::kSet:
      return SetNode(effects, index, op.node);
    case wire::NodeVerb::kDeleteCas:
      if (!existing || op.index != now) return Outcome::No();
      break;
    case wire::NodeVerb::kDelete:
      if (!existing) return Outcome::Done();
      break;
  }
  const std::string name(existing->name);
  KONSUL_RETURN_IF_ERROR(RemoveNode(effects, index, name));
  return Outcome::Done();
}

OutcomeOr CatalogCommands::Apply(Effects& effects, Index index, const wire::CheckOp& op) {
  using wire::NodeVerb;
  const wire::Check& check = op.check;
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindCheck(effects.read(), check.node, check.id));
  const uint64_t now = existing ? existing->modify_index : 0;
  switch (op.verb) {
    case NodeVerb::kGet:
      return Outcome{.success = existing.has_value(), .error = {}};
    case NodeVerb::kCas:
      if (op.index != now) return Outcome::No();
      break;
    case NodeVerb::kSet:
      break;
    case NodeVerb::kDeleteCas:
      if (!existing || op.index != now) return Outcome::No();
      [[fallthrough]];
    case NodeVerb::kDelete:
      if (existing) KONSUL_RETURN_IF_ERROR(RemoveCheck(effects, index, check.node, check.id));
      return Outcome::Done();
  }
  KONSUL_ASSIGN_OR_RETURN(const auto node, FindNode(effects.read(), check.node));
  if (!node) return Outcome::Refused("Missing node registration");
  const wire::Register reg{.node = {.name = check.node}, .skip_node = true, .checks = {check}};
  return Register(effects, index, reg);
}

}  // namespace konsul::state
