// The replicated state machine as the server sees it: committed entries in, results out.
//
// Deterministic: what Apply does depends on the entries and the state only, so that equal indexes
// mean equal digests on every replica. Owned by the server; called by its apply fiber only; never
// suspends.
#ifndef KONSUL_CORE_STATE_STATE_MACHINE_H_
#define KONSUL_CORE_STATE_STATE_MACHINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/state/snapshot_rows.h"

namespace konsul::state {

// A committed entry. Entries that are not commands (no-op, configuration) come with no bytes: they
// only move the applied index.
struct Committed {
  Index index;
  absl::string_view command;
};

class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Applies entries in order in one transaction, the applied index included. One result per entry,
  // encoded as core/wire/command.fbs CommandResult; empty for one without a command. An error
  // means that the store is unusable (disk full): nothing of the batch was applied.
  virtual absl::StatusOr<std::vector<std::string>> Apply(absl::Span<const Committed> entries) = 0;

  // Whether an entry replaces so much that it takes long. Apply can do it, too; ApplyLong does it
  // alone, calls `breathe`, which may suspend, every now and then, and until it has returned OK the
  // old state stands, also after a crash. Nothing else is applied meanwhile.
  virtual bool IsLong(const Committed& entry) const = 0;
  virtual absl::StatusOr<std::string> ApplyLong(const Committed& entry,
                                                absl::FunctionRef<absl::Status()> breathe) = 0;

  // All rows as of this moment, while applying goes on (one MVCC read transaction). `applied` and
  // `digest` belong to the rows. Must not outlive the state machine; few at a time.
  struct Frozen {
    Index applied;
    Hash128 digest;
    std::unique_ptr<RowSource> rows;
  };
  virtual absl::StatusOr<Frozen> Freeze() = 0;

  // Replaces everything by the rows of a snapshot, in transactions small enough for other fibers to
  // run between them; suspends. Until it has returned OK the old state stands, for readers, for
  // applied(), and after a crash: no half of a snapshot is ever seen. Nothing is applied meanwhile.
  // DataLoss when the rows are no snapshot; ResourceExhausted when the store is full.
  virtual absl::Status Restore(RowSource& rows) = 0;

  // The index of the last entry applied; 0 on an empty store.
  virtual Index applied() const = 0;
  // A running digest over every applied command and its effect.
  virtual Hash128 digest() const = 0;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_STATE_MACHINE_H_
