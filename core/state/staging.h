// The rows of a restore on their way in: they come in pieces through the log, so that every replica
// has all of them before one command puts them in the place of the present state (restoration.h).
//
// The pieces stand in table kStaged, by number, and kMeta "staged" says whose they are and how many
// there are. Only one restore is under way: one that begins throws away what another has brought.
#ifndef KONSUL_CORE_STATE_STAGING_H_
#define KONSUL_CORE_STATE_STAGING_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/state/effects.h"
#include "core/state/outcome.h"
#include "core/state/snapshot_rows.h"
#include "core/state/table_store.h"
#include "core/wire/command.h"

namespace konsul::state {

// Begins, takes in a piece, or gives up. Errors mean that the store failed. A commit that gets here
// is one that CheckCommit refuses.
OutcomeOr ApplyStaging(Effects& effects, const wire::Restore& restore);

// How a commit stands with what is staged.
enum class CommitCheck {
  kComplete,  // it holds
  kDone,      // it held before: the command was repeated
  kRefused,
};
absl::StatusOr<CommitCheck> CheckCommit(const ReadTxn& txn, const wire::Restore& restore);

// What is staged, as rows. Never suspends; InvalidArgument when a piece is no rows. The transaction
// outlives it.
class StagedRows final : public RowSource {
 public:
  explicit StagedRows(const ReadTxn& txn) : txn_(txn) {}
  absl::StatusOr<bool> Next(Row& row) override;

 private:
  const ReadTxn& txn_;
  uint64_t number_ = 0;
  absl::string_view piece_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_STAGING_H_
