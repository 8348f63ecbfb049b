#include "core/state/session_commands.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/kv_reader.h"
#include "core/state/meta.h"
#include "core/state/session_reader.h"

namespace konsul::state {

OutcomeOr SessionCommands::Create(Effects& effects, Index index, const wire::Session& session) {
  if (session.id.size() != kSessionIdSize) {
    return Outcome::Refused("Missing session ID");
  }
  if (effects.read().Get(Table::kSessions, session.id)) {
    return Outcome::Refused(absl::StrCat("session ", session.id, " exists"));
  }
  if (!ValidateNodeName(session.node).ok() ||
      !effects.read().Get(Table::kNodes, NodeKey(session.node))) {
    return Outcome::Refused("Missing node registration");
  }
  const std::vector<absl::string_view> checks = wire::ChecksOf(session);
  for (const absl::string_view id : checks) {
    const auto check = ValidateCheckId(id).ok()
                           ? effects.read().Get(Table::kChecks, CheckKey(session.node, id))
                           : std::nullopt;
    if (!check) return Outcome::Refused(absl::StrCat("Missing check '", id, "' registration"));
    KONSUL_ASSIGN_OR_RETURN(const wire::Check decoded, wire::DecodeCheck(*check));
    if (decoded.status == "critical") {
      return Outcome::Refused(absl::StrCat("Check '", id, "' is in critical state"));
    }
  }
  wire::Session stored = session;
  stored.create_index = stored.modify_index = index.value;
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kSessions, session.id, wire::EncodeSession(stored)));
  KONSUL_RETURN_IF_ERROR(
      effects.Put(Table::kNodeSessions, absl::StrCat(NodePrefix(session.node), session.id), ""));
  for (const absl::string_view id : checks) {
    KONSUL_RETURN_IF_ERROR(effects.Put(
        Table::kCheckSessions, absl::StrCat(CheckPrefix(session.node, id), session.id), ""));
  }
  if (session.ttl > 0) {
    KONSUL_RETURN_IF_ERROR(effects.Put(Table::kRenewals, session.id, EncodeU64(index.value)));
  }
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaSessions, EncodeU64(index.value)));
  return Outcome::Done();
}

OutcomeOr SessionCommands::Destroy(Effects& effects, Index index, absl::string_view id) {
  KONSUL_ASSIGN_OR_RETURN(const auto session, FindSession(effects.read(), id));
  if (!session) return Outcome::Done();
  KONSUL_RETURN_IF_ERROR(End(effects, index, *session));
  return Outcome::Done();
}

OutcomeOr SessionCommands::Renew(Effects& effects, Index index, absl::string_view id) {
  KONSUL_ASSIGN_OR_RETURN(const auto session, FindSession(effects.read(), id));
  if (!session) return Outcome::No();
  if (session->ttl > 0) {
    KONSUL_RETURN_IF_ERROR(effects.Put(Table::kRenewals, id, EncodeU64(index.value)));
  }
  return Outcome::Done();
}

OutcomeOr SessionCommands::Expire(Effects& effects, Index index, const wire::Expire& expire) {
  for (const auto& each : expire.sessions) {
    KONSUL_ASSIGN_OR_RETURN(const auto session, FindSession(effects.read(), each.id));
    if (!session) continue;
    const auto renewed = effects.read().Get(Table::kRenewals, each.id);
    if (!renewed) continue;
    const bool renewed_since = DecodeU64(*renewed) != each.renewed;
    if (renewed_since && !mutation::On(Mutation::kExpireIgnoresRenewal)) continue;
    KONSUL_RETURN_IF_ERROR(End(effects, index, *session));
  }
  for (const auto& each : expire.lock_delays) {
    KONSUL_ASSIGN_OR_RETURN(const auto delay, FindLockDelay(effects.read(), each.key));
    if (!delay || delay->since != each.since) continue;
    KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kLockDelays, each.key));
  }
  return Outcome::Done();
}

absl::Status SessionCommands::EndOfNode(Effects& effects, Index index, absl::string_view node) {
  return EndAll(effects, index, Table::kNodeSessions, NodePrefix(node));
}

absl::Status SessionCommands::EndOfCheck(Effects& effects, Index index, absl::string_view node,
                                         absl::string_view check) {
  return EndAll(effects, index, Table::kCheckSessions, CheckPrefix(node, check));
}

absl::Status SessionCommands::EndAll(Effects& effects, Index index, Table table,
                                     const std::string& prefix) {
  std::vector<std::string> ids;  // a scan does not survive a write
  effects.read().ScanPrefix(table, prefix, [&](absl::string_view key, absl::string_view) {
    ids.emplace_back(SessionAtEnd(key, prefix));
    return true;
  });
  for (const std::string& id : ids) {
    KONSUL_ASSIGN_OR_RETURN(const auto session, FindSession(effects.read(), id));
    if (session) KONSUL_RETURN_IF_ERROR(End(effects, index, *session));
  }
  return absl::OkStatus();
}

absl::Status SessionCommands::End(Effects& effects, Index index, const wire::Session& session) {
  // What it points to is gone with the first write.
  const std::string bytes = wire::EncodeSession(session);
  KONSUL_ASSIGN_OR_RETURN(const wire::Session ended, wire::DecodeSession(bytes));
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kSessions, ended.id));
  KONSUL_RETURN_IF_ERROR(
      effects.Delete(Table::kNodeSessions, absl::StrCat(NodePrefix(ended.node), ended.id)));
  for (const absl::string_view id : wire::ChecksOf(ended)) {
    KONSUL_RETURN_IF_ERROR(
        effects.Delete(Table::kCheckSessions, absl::StrCat(CheckPrefix(ended.node, id), ended.id)));
  }
  if (ended.ttl > 0) KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kRenewals, ended.id));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaSessions, EncodeU64(index.value)));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaSessionsEnded, EncodeU64(index.value)));
  return LoseKeys(effects, index, ended);
}

absl::Status SessionCommands::LoseKeys(Effects& effects, Index index,
                                       const wire::Session& session) {
  std::vector<std::string> keys;
  effects.read().ScanPrefix(Table::kSessionKeys, session.id,
                            [&](absl::string_view, absl::string_view key) {
                              keys.emplace_back(key);
                              return true;
                            });
  for (const std::string& key : keys) {
    if (session.delete_keys) {
      KONSUL_ASSIGN_OR_RETURN(const auto entry, FindKv(effects.read(), key));
      if (entry) KONSUL_RETURN_IF_ERROR(kv_.Bury(effects, index, key, *entry));
    } else {
      KONSUL_RETURN_IF_ERROR(kv_.Release(effects, index, key));
    }
    if (session.lock_delay == 0) continue;
    KONSUL_RETURN_IF_ERROR(
        effects.Put(Table::kLockDelays, key,
                    absl::StrCat(EncodeU64(index.value), EncodeU64(session.lock_delay))));
  }
  return absl::OkStatus();
}

}  // namespace konsul::state
