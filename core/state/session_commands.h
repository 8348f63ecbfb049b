// What commands do to sessions, and what the end of a session does to the keys that it holds.
//
// Semantics are those of Consul's sessions
// (https://developer.hashicorp.com/consul/docs/dynamic-app- config/sessions). Time is not here: the
// leader's clock decides when a session or a lock delay is over, and says so by a command
// (wire::Expire), which loses against a renewal before it in the log.
#ifndef KONSUL_CORE_STATE_SESSION_COMMANDS_H_
#define KONSUL_CORE_STATE_SESSION_COMMANDS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/state/effects.h"
#include "core/state/kv_commands.h"
#include "core/state/outcome.h"
#include "core/wire/command.h"

namespace konsul::state {

// Owned by the state machine. The errors of all functions mean that the store failed.
class SessionCommands {
 public:
  explicit SessionCommands(KvCommands& kv) : kv_(kv) {}

  OutcomeOr Create(Effects& effects, Index index, const wire::Session& session);
  // Done also when there is none.
  OutcomeOr Destroy(Effects& effects, Index index, absl::string_view id);
  // No when there is none.
  OutcomeOr Renew(Effects& effects, Index index, absl::string_view id);
  OutcomeOr Expire(Effects& effects, Index index, const wire::Expire& expire);

  // All sessions of a node, or all that depend on a check of it.
  absl::Status EndOfNode(Effects& effects, Index index, absl::string_view node);
  absl::Status EndOfCheck(Effects& effects, Index index, absl::string_view node,
                          absl::string_view check);

 private:
  absl::Status EndAll(Effects& effects, Index index, Table table, const std::string& prefix);
  absl::Status End(Effects& effects, Index index, const wire::Session& session);
  absl::Status LoseKeys(Effects& effects, Index index, const wire::Session& session);

  KvCommands& kv_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_SESSION_COMMANDS_H_
