#include "core/state/contradiction_support.h"

#include "absl/strings/str_cat.h"
#include "core/state/keys.h"
#include "core/state/kv_reader.h"
#include "core/state/session_reader.h"

namespace konsul::state {

std::string Contradiction(const ReadTxn& txn) {
  std::string wrong;
  const auto complain = [&](absl::string_view what, absl::string_view key) {
    absl::StrAppend(&wrong, what, " ", key, "\n");
    return true;
  };
  txn.Scan(Table::kKv, "", [&](absl::string_view key, absl::string_view bytes) {
    const auto entry = wire::DecodeKvEntry(bytes);
    if (!entry.ok()) return complain("damaged", key);
    if (entry->session.empty()) return true;
    if (!txn.Get(Table::kSessions, entry->session)) complain("held by no session", key);
    const auto held = txn.Get(Table::kSessionKeys, SessionKeyKey(entry->session, entry->lock_slot));
    return held == key || complain("held, and its session does not know", key);
  });
  txn.Scan(Table::kSessionKeys, "", [&](absl::string_view at, absl::string_view key) {
    const auto entry = FindKv(txn, key);
    return (entry.ok() && *entry && SessionKeyKey((*entry)->session, (*entry)->lock_slot) == at) ||
           complain("a session thinks that it holds", key);
  });
  size_t with_ttl = 0;
  size_t checks = 0;
  size_t sessions = 0;
  txn.Scan(Table::kSessions, "", [&](absl::string_view id, absl::string_view bytes) {
    const auto session = wire::DecodeSession(bytes);
    if (!session.ok() || session->id != id) return complain("damaged", id);
    ++sessions;
    with_ttl += session->ttl > 0;
    const auto its_checks = wire::ChecksOf(*session);
    checks += its_checks.size();
    if (!txn.Get(Table::kNodes, NodeKey(session->node))) complain("of no node", id);
    if (!txn.Get(Table::kNodeSessions, absl::StrCat(NodePrefix(session->node), id))) {
      complain("its node does not know", id);
    }
    if (session->ttl > 0 && !txn.Get(Table::kRenewals, id)) complain("never renewed", id);
    for (const absl::string_view check : its_checks) {
      if (!txn.Get(Table::kChecks, CheckKey(session->node, check))) complain("of no check", id);
      if (!txn.Get(Table::kCheckSessions, absl::StrCat(CheckPrefix(session->node, check), id))) {
        complain("its check does not know", id);
      }
    }
    return true;
  });
  const auto count = [&](Table table) {
    size_t rows = 0;
    txn.Scan(table, "", [&](absl::string_view, absl::string_view) { return ++rows > 0; });
    return rows;
  };
  if (count(Table::kRenewals) != with_ttl) complain("renewals of", "nobody");
  if (count(Table::kNodeSessions) != sessions) complain("sessions of", "nobody");
  if (count(Table::kCheckSessions) != checks) complain("checks of", "nobody");
  return wrong;
}

}  // namespace konsul::state
