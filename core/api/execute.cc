#include "core/api/execute.h"

#include <string>

#include "core/base/status.h"

namespace konsul::api {

absl::StatusOr<wire::CommandResult> ExecuteCommand(const Context& context,
                                                   const wire::Command& command) {
  KONSUL_ASSIGN_OR_RETURN(
      const std::string bytes,
      context.consensus.Execute(wire::EncodeCommand(command), context.WriteDeadline()));
  KONSUL_ASSIGN_OR_RETURN(wire::CommandResult result, wire::DecodeCommandResult(bytes));
  if (!result.error.empty()) return absl::FailedPreconditionError(result.error);
  return result;
}

absl::StatusOr<bool> Execute(const Context& context, const wire::Command& command) {
  KONSUL_ASSIGN_OR_RETURN(const wire::CommandResult result, ExecuteCommand(context, command));
  return result.success;
}

}  // namespace konsul::api
