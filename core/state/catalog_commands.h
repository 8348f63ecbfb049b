// What commands do to nodes and their checks
// (https://developer.hashicorp.com/consul/api-docs/catalog).
#ifndef KONSUL_CORE_STATE_CATALOG_COMMANDS_H_
#define KONSUL_CORE_STATE_CATALOG_COMMANDS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/state/effects.h"
#include "core/state/outcome.h"
#include "core/state/session_commands.h"
#include "core/wire/command.h"

namespace konsul::state {

// Owned by the state machine. The errors of all functions mean that the store failed.
class CatalogCommands {
 public:
  explicit CatalogCommands(SessionCommands& sessions) : sessions_(sessions) {}

  OutcomeOr Register(Effects& effects, Index index, const wire::Register& reg);
  // Done also when it is not there.
  OutcomeOr Deregister(Effects& effects, Index index, const wire::Deregister& dereg);
  // Of a transaction; a get does nothing. Not Done when the index is another one, or of something
  // that is not there.
  OutcomeOr Apply(Effects& effects, Index index, const wire::NodeOp& op);
  OutcomeOr Apply(Effects& effects, Index index, const wire::CheckOp& op);

 private:
  // A node whose id is there under another name gets the new one, and loses what it had, as in
  // Consul. Refused when the name belongs to a node with another id that is alive.
  OutcomeOr SetNode(Effects& effects, Index index, const wire::Node& node);
  OutcomeOr SetCheck(Effects& effects, Index index, const wire::Check& check);
  absl::Status RemoveNode(Effects& effects, Index index, absl::string_view name);
  absl::Status RemoveCheck(Effects& effects, Index index, absl::string_view node,
                           absl::string_view id);

  SessionCommands& sessions_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_CATALOG_COMMANDS_H_
