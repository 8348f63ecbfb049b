#include "core/api/txn.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/api/blocking.h"
#include "core/api/execute.h"
#include "core/base/status.h"
#include "core/state/txn_commands.h"

namespace konsul::api {
namespace {

absl::Status CheckSizes(const Context& context, const wire::Txn& txn) {
  if (txn.ops.size() > state::TxnCommands::kOpsMax) {
    return absl::OutOfRangeError(absl::StrCat("Transaction contains too many operations (",
                                              txn.ops.size(), " > ", state::TxnCommands::kOpsMax,
                                              ")"));
  }
  for (const wire::TxnOp& op : txn.ops) {
    const auto* kv = std::get_if<wire::KvOp>(&op);
    if (kv == nullptr || kv->value.size() <= context.options.max_value_size) continue;
    return absl::OutOfRangeError(absl::StrCat("Value for key \"", absl::Utf8SafeCEscape(kv->key),
                                              "\" is too large (", kv->value.size(), " > ",
                                              context.options.max_value_size, " bytes)"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TxnReply> RunTxn(const Context& context, const wire::Txn& txn,
                                server::Consistency consistency) {
  KONSUL_RETURN_IF_ERROR(CheckSizes(context, txn));
  TxnReply reply;
  if (!state::IsReadOnly(txn)) {
    KONSUL_ASSIGN_OR_RETURN(reply.result, ExecuteCommand(context, txn));
    return reply;
  }
  reply.meta.emplace();
  const auto query = [&](const state::ReadTxn& tables, state::WatchSet&) -> absl::Status {
    KONSUL_ASSIGN_OR_RETURN(reply.result, state::ReadTxnOps(tables, txn));
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, {.consistency = consistency}, *reply.meta, query));
  return reply;
}

}  // namespace konsul::api
