// The replicated state: committed commands in, tables and results out. What a command does is said
// in kv_commands.h, session_commands.h, catalog_commands.h and txn_commands.h. Tables and digest:
// docs/formats/kv.md.
#ifndef KONSUL_CORE_STATE_TABLE_MACHINE_H_
#define KONSUL_CORE_STATE_TABLE_MACHINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/state/catalog_commands.h"
#include "core/state/change_log.h"
#include "core/state/effects.h"
#include "core/state/kv_commands.h"
#include "core/state/outcome.h"
#include "core/state/session_commands.h"
#include "core/state/state_machine.h"
#include "core/state/table_store.h"
#include "core/state/tombstones.h"
#include "core/state/txn_commands.h"
#include "core/state/watch_index.h"
#include "core/wire/command.h"

namespace konsul::state {

// As state_machine.h says; in addition, entries must come without gaps, the first one right after
// applied(). A command that this version cannot read fails with an error in its result, on every
// replica alike.
class TableMachine : public StateMachine {
 public:
  struct Options {
    // Part of what the state machine computes: the same on every server of a cluster.
    size_t max_tombstones = 4096;
  };

  // Goes on where the store stands. The store outlives the machine, and nobody else writes to the
  // tables of the machine. DataLoss when the machine's records there are damaged.
  static absl::StatusOr<std::unique_ptr<TableMachine>> Open(TableStore& store, Options options);
  static absl::StatusOr<std::unique_ptr<TableMachine>> Open(TableStore& store) {
    return Open(store, Options());
  }

  // Tells `watches` of every change from now on, in the turn in which it is committed, and of a
  // restore. They outlive the machine.
  void PublishTo(WatchIndex& watches) { watches_ = &watches; }
  // Likewise keeps in `changes` what every command changes. Its history begins here.
  void RecordIn(ChangeLog& changes);

  absl::StatusOr<std::vector<std::string>> Apply(absl::Span<const Committed> entries) override;
  bool IsLong(const Committed& entry) const override;
  absl::StatusOr<std::string> ApplyLong(const Committed& entry,
                                        absl::FunctionRef<absl::Status()> breathe) override;
  absl::StatusOr<Frozen> Freeze() override;
  absl::Status Restore(RowSource& rows) override;
  Index applied() const override { return applied_; }
  Hash128 digest() const override { return digest_.value(); }

 private:
  TableMachine(TableStore& store, Options options);

  // Goes on from what the tables say.
  absl::Status Load();
  // One transaction, without long entries.
  absl::StatusOr<std::vector<std::string>> ApplyTogether(absl::Span<const Committed> entries);
  // Puts what is staged in the place of everything. InvalidArgument, with nothing changed, when it
  // makes no sense.
  absl::Status CommitRestore(const Committed& entry, const wire::Restore& restore,
                             absl::FunctionRef<absl::Status()> breathe);
  // Errors mean that the store failed; a command that fails says so in its result.
  absl::StatusOr<std::vector<std::string>> ApplyIn(WriteTxn& txn,
                                                   absl::Span<const Committed> entries,
                                                   RollingHash& digest);
  absl::StatusOr<wire::CommandResult> ApplyCommand(Effects& effects, const Committed& entry);
  OutcomeOr ApplyOne(Effects& effects, Index index, const wire::Command& command);

  TableStore& store_;
  const size_t max_tombstones_;
  std::string refused_;  // why the commit of a restore that is being applied cannot be done
  WatchIndex* watches_ = nullptr;
  ChangeLog* changes_ = nullptr;
  Tombstones tombstones_;
  KvCommands kv_{tombstones_};
  SessionCommands sessions_{kv_};
  CatalogCommands catalog_{sessions_};
  TxnCommands txns_{tombstones_, kv_, sessions_, catalog_};
  Index applied_;
  RollingHash digest_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_TABLE_MACHINE_H_
