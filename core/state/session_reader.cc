#include "core/state/session_reader.h"

#include <algorithm>

#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/meta.h"

namespace konsul::state {
namespace {

// As in kv_reader.cc: at the first index there is no command.
constexpr uint64_t kNeverChanged = 1;

absl::StatusOr<uint64_t> AtLeast(const ReadTxn& txn, absl::string_view meta) {
  KONSUL_ASSIGN_OR_RETURN(const uint64_t index, ReadMetaU64(txn, meta));
  return std::max(index, kNeverChanged);
}

}  // namespace

absl::StatusOr<std::optional<wire::Session>> FindSession(const ReadTxn& txn, absl::string_view id) {
  if (id.size() != kSessionIdSize) return std::nullopt;
  const auto bytes = txn.Get(Table::kSessions, id);
  if (!bytes) return std::nullopt;
  KONSUL_ASSIGN_OR_RETURN(auto session, wire::DecodeSession(*bytes));
  return std::optional<wire::Session>(std::move(session));
}

absl::StatusOr<SessionLookup> GetSession(const ReadTxn& txn, absl::string_view id) {
  SessionLookup lookup;
  KONSUL_ASSIGN_OR_RETURN(auto session, FindSession(txn, id));
  if (session) {
    lookup.index = Index(session->modify_index);
    lookup.sessions.push_back(*std::move(session));
    return lookup;
  }
  KONSUL_ASSIGN_OR_RETURN(const uint64_t ended, AtLeast(txn, kMetaSessionsEnded));
  lookup.index = Index(ended);
  return lookup;
}

absl::StatusOr<SessionLookup> ListSessions(const ReadTxn& txn) {
  SessionLookup lookup;
  KONSUL_ASSIGN_OR_RETURN(const uint64_t changed, AtLeast(txn, kMetaSessions));
  lookup.index = Index(changed);
  absl::Status status;
  txn.Scan(Table::kSessions, "", [&](absl::string_view, absl::string_view bytes) {
    auto session = wire::DecodeSession(bytes);
    status = session.status();
    if (session.ok()) lookup.sessions.push_back(*std::move(session));
    return status.ok();
  });
  KONSUL_RETURN_IF_ERROR(status);
  return lookup;
}

absl::StatusOr<SessionLookup> ListNodeSessions(const ReadTxn& txn, absl::string_view node) {
  SessionLookup lookup;
  KONSUL_ASSIGN_OR_RETURN(uint64_t index, AtLeast(txn, kMetaSessionsEnded));
  absl::Status status;
  if (ValidateNodeName(node).ok()) {
    const std::string prefix = NodePrefix(node);
    txn.ScanPrefix(Table::kNodeSessions, prefix, [&](absl::string_view key, absl::string_view) {
      auto session = FindSession(txn, SessionAtEnd(key, prefix));
      status = session.status();
      if (!session.ok() || !*session) return status.ok();
      index = std::max(index, (*session)->modify_index);
      lookup.sessions.push_back(**std::move(session));
      return true;
    });
  }
  KONSUL_RETURN_IF_ERROR(status);
  lookup.index = Index(index);
  return lookup;
}

}  // namespace konsul::state
