#include "core/state/txn_commands.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/state/catalog_reader.h"
#include "core/state/kv_reader.h"
#include "core/state/overlay.h"

namespace konsul::state {
namespace {

using wire::KvOp;
using wire::KvVerb;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

// Why an operation that changes something did not do it, in the words that clients know.
std::string WhyNot(const KvOp& op, bool delayed) {
  const std::string key = Quoted(op.key);
  switch (op.verb) {
    case KvVerb::kCas:
      return absl::StrCat("failed to set key ", key, ", index is stale");
    case KvVerb::kDeleteCas:
      return absl::StrCat("failed to delete key ", key, ", index is stale");
    case KvVerb::kLock:
      return delayed ? absl::StrCat("failed to lock key ", key, " due to lock delay")
                     : absl::StrCat("failed to lock key ", key, ", lock is already held");
    default:
      return absl::StrCat("failed to unlock key ", key,
                          ", lock isn't held, or is held by another session");
  }
}

// Checks what verbs without an effect ask for; the text is empty when it holds.
std::string Failed(const KvOp& op, const std::optional<wire::KvEntry>& entry) {
  const std::string key = Quoted(op.key);
  switch (op.verb) {
    case KvVerb::kGet:
      return entry ? "" : absl::StrCat("key ", key, " doesn't exist");
    case KvVerb::kCheckNotExists:
      return entry ? absl::StrCat("key ", key, " exists") : "";
    case KvVerb::kCheckIndex:
      if (!entry) return absl::StrCat("failed to check index, key ", key, " doesn't exist");
      if (entry->modify_index == op.index) return "";
      return absl::StrCat("failed index check for key ", key, ", current modify index ",
                          entry->modify_index, " != ", op.index);
    case KvVerb::kCheckSession:
      if (!entry) return absl::StrCat("failed to check session, key ", key, " doesn't exist");
      if (entry->session == op.session) return "";
      return absl::StrCat("failed session check for key ", key, ", current session ",
                          Quoted(entry->session), " != ", Quoted(op.session));
    default:
      return "";
  }
}

wire::TxnResult ResultOf(absl::string_view key, wire::KvEntry entry, bool with_value) {
  if (!with_value) entry.value = {};
  return {.key = std::string(key), .entry = wire::EncodeKvEntry(entry)};
}

OutcomeOr Change(KvCommands& kv, Effects& effects, Index index, size_t i, const KvOp& op) {
  switch (op.verb) {
    case KvVerb::kSet:
    case KvVerb::kCas: {
      wire::KvPut put{.key = op.key, .value = op.value, .flags = op.flags};
      if (op.verb == KvVerb::kCas) put.cas = op.index;
      return kv.Put(effects, index, put);
    }
    case KvVerb::kLock:
      return kv.Lock(effects, index, SlotOf(index, i), op);
    case KvVerb::kUnlock:
      return kv.Unlock(effects, index, op);
    case KvVerb::kDeleteTree:
      return kv.DeleteTree(effects, index, op.key);
    default: {
      wire::KvDelete del{.key = op.key};
      if (op.verb == KvVerb::kDeleteCas) del.cas = op.index;
      return kv.Delete(effects, index, del);
    }
  }
}

bool IsDelete(KvVerb verb) {
  return verb == KvVerb::kDelete || verb == KvVerb::kDeleteTree || verb == KvVerb::kDeleteCas;
}

// Adds the results of `op`; returns why it failed, or nothing. `kv` is needed for what writes only.
absl::StatusOr<std::string> RunKv(KvCommands* kv, Effects& effects, Index index, size_t i,
                                  const KvOp& op, std::vector<wire::TxnResult>& results) {
  if (wire::Writes(op.verb)) {
    KONSUL_ASSIGN_OR_RETURN(Outcome outcome, Change(*kv, effects, index, i, op));
    if (!outcome.error.empty()) return std::move(outcome.error);
    if (!outcome.success) {
      const bool delayed = op.verb == KvVerb::kLock && ValidateKey(op.key).ok() &&
                           effects.read().Get(Table::kLockDelays, op.key).has_value();
      return WhyNot(op, delayed);
    }
    if (IsDelete(op.verb)) return "";
  }
  if (op.verb == KvVerb::kGetTree) {
    KONSUL_RETURN_IF_ERROR(
        ListKv(effects.read(), op.key, [&](absl::string_view key, const wire::KvEntry& entry) {
          results.push_back(ResultOf(key, entry, true));
        }).status());
    return "";
  }
  KONSUL_ASSIGN_OR_RETURN(const auto entry, FindKv(effects.read(), op.key));
  if (std::string why = Failed(op, entry); !why.empty()) return why;
  if (entry) {
    const bool with_value = op.verb == KvVerb::kGet || op.verb == KvVerb::kGetOrEmpty;
    results.push_back(ResultOf(op.key, *entry, with_value));
  } else if (op.verb == KvVerb::kGetOrEmpty) {
    results.push_back(ResultOf(op.key, {}, false));
  }
  return "";
}

absl::StatusOr<std::string> RunNode(CatalogCommands* catalog, Effects& effects, Index index,
                                    const wire::NodeOp& op, std::vector<wire::TxnResult>& results) {
  using wire::NodeVerb;
  const std::string name = Quoted(op.node.name);
  if (op.verb != NodeVerb::kGet) {
    KONSUL_ASSIGN_OR_RETURN(Outcome outcome, catalog->Apply(effects, index, op));
    if (!outcome.error.empty()) return std::move(outcome.error);
    const bool deletes = op.verb == NodeVerb::kDelete || op.verb == NodeVerb::kDeleteCas;
    if (!outcome.success) {
      return absl::StrCat("failed to ", deletes ? "delete" : "set", " node ", name,
                          ", index is stale");
    }
    if (deletes) return "";
  }
  const bool by_id = op.verb == NodeVerb::kGet && !op.node.id.empty();
  KONSUL_ASSIGN_OR_RETURN(const auto node, by_id ? FindNodeById(effects.read(), op.node.id)
                                                 : FindNode(effects.read(), op.node.name));
  if (!node) return absl::StrCat("node ", name, " doesn't exist");
  results.push_back({.node = wire::EncodeNode(*node)});
  return "";
}

absl::StatusOr<std::string> RunCheck(CatalogCommands* catalog, Effects& effects, Index index,
                                     const wire::CheckOp& op,
                                     std::vector<wire::TxnResult>& results) {
  using wire::NodeVerb;
  const std::string name =
      absl::StrCat("check ", Quoted(op.check.id), " on node ", Quoted(op.check.node));
  if (op.verb != NodeVerb::kGet) {
    KONSUL_ASSIGN_OR_RETURN(Outcome outcome, catalog->Apply(effects, index, op));
    if (!outcome.error.empty()) return std::move(outcome.error);
    const bool deletes = op.verb == NodeVerb::kDelete || op.verb == NodeVerb::kDeleteCas;
    if (!outcome.success) {
      return absl::StrCat("failed to ", deletes ? "delete " : "set ", name, ", index is stale");
    }
    if (deletes) return "";
  }
  KONSUL_ASSIGN_OR_RETURN(const auto check, FindCheck(effects.read(), op.check.node, op.check.id));
  if (!check) return absl::StrCat(name, " doesn't exist");
  results.push_back({.check = wire::EncodeCheck(*check)});
  return "";
}

void Note(size_t i, std::string why, wire::CommandResult& result) {
  if (!why.empty()) result.txn_errors.push_back({static_cast<uint32_t>(i), std::move(why)});
}

void Close(wire::CommandResult& result) {
  result.success = result.txn_errors.empty();
  if (!result.success) result.txn_results.clear();
}

}  // namespace

absl::Status TxnCommands::Run(Effects& effects, Index index, const wire::Txn& txn,
                              wire::CommandResult& result) {
  for (size_t i = 0; i < txn.ops.size(); ++i) {
    std::string why;
    if (const auto* kv = std::get_if<KvOp>(&txn.ops[i])) {
      KONSUL_ASSIGN_OR_RETURN(why, RunKv(&kv_, effects, index, i, *kv, result.txn_results));
    } else if (const auto* node = std::get_if<wire::NodeOp>(&txn.ops[i])) {
      KONSUL_ASSIGN_OR_RETURN(why, RunNode(&catalog_, effects, index, *node, result.txn_results));
    } else if (const auto* check = std::get_if<wire::CheckOp>(&txn.ops[i])) {
      KONSUL_ASSIGN_OR_RETURN(why, RunCheck(&catalog_, effects, index, *check, result.txn_results));
    } else {
      const auto& session = std::get<wire::SessionDestroy>(txn.ops[i]);
      KONSUL_RETURN_IF_ERROR(sessions_.Destroy(effects, index, session.id).status());
    }
    Note(i, std::move(why), result);
  }
  return absl::OkStatus();
}

absl::StatusOr<wire::CommandResult> TxnCommands::Apply(Effects& effects, Index index,
                                                       const wire::Txn& txn) {
  wire::CommandResult result{.success = false, .index = index, .error = {}};
  if (txn.ops.size() > kOpsMax) {
    result.error = absl::StrCat("Transaction contains too many operations (", txn.ops.size(), " > ",
                                kOpsMax, ")");
    return result;
  }
  Overlay overlay(effects.read());
  RollingHash unused;
  Effects trial(overlay, unused, nullptr, nullptr);
  const uint64_t changes = tombstones_.changes();
  KONSUL_RETURN_IF_ERROR(Run(trial, index, txn, result));
  Close(result);
  if (result.success) {
    KONSUL_RETURN_IF_ERROR(overlay.ApplyTo(effects));
  } else if (tombstones_.changes() != changes) {
    // Their order in memory ran ahead of what is not done.
    KONSUL_RETURN_IF_ERROR(tombstones_.Load(effects.read()));
  }
  return result;
}

bool IsReadOnly(const wire::Txn& txn) {
  return std::all_of(txn.ops.begin(), txn.ops.end(), [](const wire::TxnOp& op) {
    if (const auto* kv = std::get_if<KvOp>(&op)) return !wire::Writes(kv->verb);
    if (const auto* check = std::get_if<wire::CheckOp>(&op)) {
      return check->verb == wire::NodeVerb::kGet;
    }
    const auto* node = std::get_if<wire::NodeOp>(&op);
    return node != nullptr && node->verb == wire::NodeVerb::kGet;
  });
}

absl::StatusOr<wire::CommandResult> ReadTxnOps(const ReadTxn& tables, const wire::Txn& txn) {
  wire::CommandResult result;
  Overlay overlay(tables);
  RollingHash unused;
  Effects effects(overlay, unused, nullptr, nullptr);
  for (size_t i = 0; i < txn.ops.size(); ++i) {
    std::string why;
    if (const auto* kv = std::get_if<KvOp>(&txn.ops[i])) {
      KONSUL_ASSIGN_OR_RETURN(why, RunKv(nullptr, effects, Index(), i, *kv, result.txn_results));
    } else if (const auto* check = std::get_if<wire::CheckOp>(&txn.ops[i])) {
      KONSUL_ASSIGN_OR_RETURN(why, RunCheck(nullptr, effects, Index(), *check, result.txn_results));
    } else {
      KONSUL_ASSIGN_OR_RETURN(why, RunNode(nullptr, effects, Index(),
                                           std::get<wire::NodeOp>(txn.ops[i]), result.txn_results));
    }
    Note(i, std::move(why), result);
  }
  Close(result);
  return result;
}

}  // namespace konsul::state
