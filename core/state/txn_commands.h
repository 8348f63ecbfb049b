// Transactions: several operations, all or nothing
// (https://developer.hashicorp.com/consul/api-docs/txn).
#ifndef KONSUL_CORE_STATE_TXN_COMMANDS_H_
#define KONSUL_CORE_STATE_TXN_COMMANDS_H_

#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/state/catalog_commands.h"
#include "core/state/effects.h"
#include "core/state/kv_commands.h"
#include "core/state/session_commands.h"
#include "core/state/tombstones.h"
#include "core/wire/command.h"

namespace konsul::state {

// Owned by the state machine. Errors mean that the store failed.
class TxnCommands {
 public:
  // At most so many operations: their numbers and the index make slots of locked keys.
  static constexpr size_t kOpsMax = 128;

  TxnCommands(Tombstones& tombstones, KvCommands& kv, SessionCommands& sessions,
              CatalogCommands& catalog)
      : tombstones_(tombstones), kv_(kv), sessions_(sessions), catalog_(catalog) {}

  // Each operation sees what those before it did. When one fails, nothing is changed, and the
  // result says of each that failed why.
  absl::StatusOr<wire::CommandResult> Apply(Effects& effects, Index index, const wire::Txn& txn);

 private:
  absl::Status Run(Effects& effects, Index index, const wire::Txn& txn,
                   wire::CommandResult& result);

  Tombstones& tombstones_;
  KvCommands& kv_;
  SessionCommands& sessions_;
  CatalogCommands& catalog_;
};

// Whether it changes nothing, whatever it finds.
bool IsReadOnly(const wire::Txn& txn);
// Of one that is read-only, on any server, without an entry of the log.
absl::StatusOr<wire::CommandResult> ReadTxnOps(const ReadTxn& tables, const wire::Txn& txn);

// A place in table kSessionKeys that no other operation has.
constexpr uint64_t SlotOf(Index index, size_t op) {
  return index.value * (2 * TxnCommands::kOpsMax) + op;
}

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_TXN_COMMANDS_H_
