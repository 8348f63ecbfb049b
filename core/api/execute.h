// Commands to the replicated log, for the handlers that change something.
#ifndef KONSUL_CORE_API_EXECUTE_H_
#define KONSUL_CORE_API_EXECUTE_H_

#include "absl/status/statusor.h"
#include "core/api/context.h"
#include "core/wire/command.h"

namespace konsul::api {

// Suspends until it is applied. FailedPrecondition when the state machine refuses it.
absl::StatusOr<wire::CommandResult> ExecuteCommand(const Context& context,
                                                   const wire::Command& command);
// As above; whether its condition held.
absl::StatusOr<bool> Execute(const Context& context, const wire::Command& command);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_EXECUTE_H_
