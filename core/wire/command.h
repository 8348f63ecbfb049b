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
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/wire/catalog.h"
#include "core/wire/session.h"

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

// The numbers are stored.
enum class KvVerb : uint8_t {
  kSet = 1,
  kCas,
  kLock,
  kUnlock,
  kGet,
  kGetOrEmpty,
  kGetTree,
  kCheckIndex,
  kCheckSession,
  kCheckNotExists,
  kDelete,
  kDeleteTree,
  kDeleteCas,
};
bool Writes(KvVerb verb);

struct KvOp {
  KvVerb verb = KvVerb::kGet;
  absl::string_view key;  // a prefix for the tree verbs
  absl::string_view value = {};
  uint64_t flags = 0;
  uint64_t index = 0;  // what CAS verbs and kCheckIndex compare with
  absl::string_view session = {};

  friend bool operator==(const KvOp&, const KvOp&) = default;
};

// Of a node, or of a check.
enum class NodeVerb : uint8_t { kGet = 1, kSet, kCas, kDelete, kDeleteCas };

struct NodeOp {
  NodeVerb verb = NodeVerb::kGet;
  Node node;
  uint64_t index = 0;

  friend bool operator==(const NodeOp&, const NodeOp&) = default;
};

struct CheckOp {
  NodeVerb verb = NodeVerb::kGet;
  Check check;
  uint64_t index = 0;

  friend bool operator==(const CheckOp&, const CheckOp&) = default;
};

// Its indexes are those of the command.
struct SessionCreate {
  Session session;
  friend bool operator==(const SessionCreate&, const SessionCreate&) = default;
};
struct SessionDestroy {
  absl::string_view id;
  friend bool operator==(const SessionDestroy&, const SessionDestroy&) = default;
};
struct SessionRenew {
  absl::string_view id;
  friend bool operator==(const SessionRenew&, const SessionRenew&) = default;
};

// What the leader's clock says is over. A session that was renewed behind `renewed` goes on: the
// order of the log decides between a renewal and an expiry. So with the delay of a key that was
// lost by another session since.
struct Expire {
  struct ExpiredSession {
    absl::string_view id;
    uint64_t renewed = 0;  // index of its last renewal
    friend bool operator==(const ExpiredSession&, const ExpiredSession&) = default;
  };
  struct EndedLockDelay {
    absl::string_view key;
    uint64_t since = 0;  // index of the command that the delay began with
    friend bool operator==(const EndedLockDelay&, const EndedLockDelay&) = default;
  };
  std::vector<ExpiredSession> sessions;
  std::vector<EndedLockDelay> lock_delays;

  friend bool operator==(const Expire&, const Expire&) = default;
};

using TxnOp = std::variant<KvOp, NodeOp, SessionDestroy, CheckOp>;
struct Txn {
  std::vector<TxnOp> ops;
  friend bool operator==(const Txn&, const Txn&) = default;
};

struct Register {
  Node node;
  bool skip_node = false;  // leave the node as it is, if it is there
  std::vector<Check> checks;
  friend bool operator==(const Register&, const Register&) = default;
};
struct Deregister {
  absl::string_view node;
  absl::string_view check = {};  // empty: the node, with all that belongs to it
  friend bool operator==(const Deregister&, const Deregister&) = default;
};

struct EventFire {
  Event event;  // without its times
  friend bool operator==(const EventFire&, const EventFire&) = default;
};

// Replaces the state by rows that come before it in pieces. Only one restore is under way at a
// time: what begins ends another. Every step but the first may be repeated without harm.
enum class RestoreStep : uint8_t { kBegin = 1, kPiece, kCommit, kAbort };
struct Restore {
  absl::string_view id;  // another one for every restore
  RestoreStep step = RestoreStep::kBegin;
  uint64_t number = 0;          // of the piece, from 0; of a commit: how many pieces there are
  absl::string_view rows = {};  // of a piece: see AppendRow
  friend bool operator==(const Restore&, const Restore&) = default;
};
// Whether these are the bytes of a Restore that commits, if they are any command's.
bool CommitsRestore(absl::string_view command);

using Command = std::variant<KvPut, KvDelete, KvOp, Txn, SessionCreate, SessionDestroy,
                             SessionRenew, Expire, Register, Deregister, EventFire, Restore>;

struct TxnError {
  uint32_t op = 0;
  std::string what;
  friend bool operator==(const TxnError&, const TxnError&) = default;
};
// One of the three is there, encoded as in its table.
struct TxnResult {
  std::string key;
  std::string entry = {};  // KvEntry
  std::string node = {};   // Node
  std::string check = {};  // Check
  friend bool operator==(const TxnResult&, const TxnResult&) = default;
};

struct CommandResult {
  bool success = false;
  Index index;        // where the command stands in the log
  std::string error;  // not empty: refused for this reason, and nothing was changed
  std::vector<TxnError> txn_errors = {};    // of a transaction that was rolled back
  std::vector<TxnResult> txn_results = {};  // of one that was done

  friend bool operator==(const CommandResult&, const CommandResult&) = default;
};

std::string EncodeCommand(const Command& command);
// InvalidArgument when the bytes are no command that this version knows.
absl::StatusOr<Command> DecodeCommand(absl::string_view bytes);

std::string EncodeCommandResult(const CommandResult& result);
absl::StatusOr<CommandResult> DecodeCommandResult(absl::string_view bytes);

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_COMMAND_H_
