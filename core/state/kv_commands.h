// What commands do to keys and values.
//
// Semantics are those of Consul's KV store (https://developer.hashicorp.com/consul/api-docs/kv):
// CreateIndex and ModifyIndex are log indexes, what changes nothing keeps ModifyIndex, a
// conditional command that does not hold changes nothing.
#ifndef KONSUL_CORE_STATE_KV_COMMANDS_H_
#define KONSUL_CORE_STATE_KV_COMMANDS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/state/effects.h"
#include "core/state/outcome.h"
#include "core/state/tombstones.h"
#include "core/wire/command.h"
#include "core/wire/kv.h"

namespace konsul::state {

// What is said of a session that does not exist, in the words that clients match on.
std::string InvalidSession(absl::string_view id);

// Owned by the state machine. The errors of all functions mean that the store failed.
class KvCommands {
 public:
  explicit KvCommands(Tombstones& tombstones) : tombstones_(tombstones) {}

  OutcomeOr Put(Effects& effects, Index index, const wire::KvPut& put);
  OutcomeOr Delete(Effects& effects, Index index, const wire::KvDelete& del);
  OutcomeOr DeleteTree(Effects& effects, Index index, absl::string_view prefix);
  // Refused unless there is such a session.
  static Outcome CheckSession(const ReadTxn& txn, absl::string_view id);
  // `slot` is another one for every call.
  OutcomeOr Lock(Effects& effects, Index index, uint64_t slot, const wire::KvOp& op);
  OutcomeOr Unlock(Effects& effects, Index index, const wire::KvOp& op);

  // Of a key whose session has ended: nobody holds it any more.
  absl::Status Release(Effects& effects, Index index, absl::string_view key);
  // Deletes it, locked or not. `entry` is what is there.
  absl::Status Bury(Effects& effects, Index index, absl::string_view key,
                    const wire::KvEntry& entry);

 private:
  absl::Status Store(Effects& effects, absl::string_view key, bool exists,
                     const wire::KvEntry& entry);

  Tombstones& tombstones_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_KV_COMMANDS_H_
