// Commands of the replicated log and their results, as bytes and as values.
//
// Equal values always encode to equal bytes. Decoding verifies first, whatever the bytes are. What
// a decoded value points to lies in the bytes it was decoded from and lives as long as these.
// Format: docs/formats/kv.md.
#ifndef KONSUL_CORE_WIRE_COMMAND_H_
#define KONSUL_CORE_WIRE_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace konsul::wire {

struct KvPut {
  absl::string_view key;
  absl::string_view value;
  uint64_t flags = 0;
  // 0: only if the key is missing; N: only if its ModifyIndex is N.
  std::optional<uint64_t> cas = std::nullopt;

  friend bool operator==(const KvPut&, const KvPut&) = default;
};

struct KvDelete {
  absl::string_view key;  // with `recurse` a prefix, which may be empty
  bool recurse = false;
  std::optional<uint64_t> cas = std::nullopt;

  friend bool operator==(const KvDelete&, const KvDelete&) = default;
};

using Command = std::variant<KvPut, KvDelete>;

struct CommandResult {
  bool success = false;
  Index index;        // where the command stands in the log
  std::string error;  // not empty: refused for this reason, and nothing was changed

  friend bool operator==(const CommandResult&, const CommandResult&) = default;
};

std::string EncodeCommand(const Command& command);
// InvalidArgument when the bytes are no command that this version knows.
absl::StatusOr<Command> DecodeCommand(absl::string_view bytes);

std::string EncodeCommandResult(const CommandResult& result);
absl::StatusOr<CommandResult> DecodeCommandResult(absl::string_view bytes);

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_COMMAND_H_
