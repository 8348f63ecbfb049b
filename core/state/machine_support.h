// A state machine on tables in memory, to which tests apply commands one by one, and what they ask
// it.
#ifndef KONSUL_CORE_STATE_MACHINE_SUPPORT_H_
#define KONSUL_CORE_STATE_MACHINE_SUPPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/state/keys.h"
#include "core/state/kv_machine.h"
#include "core/state/kv_reader.h"
#include "core/state/memory_store_support.h"
#include "core/state/session_reader.h"
#include "gtest/gtest.h"

namespace konsul::state {

// A session id that ends in `digit`.
inline std::string SessionId(char digit) {
  return std::string("00000000-0000-0000-0000-00000000000") + digit;
}

class MachineWorld {
 public:
  MachineWorld() { Reopen(); }

  void Reopen(KvMachine::Options options = {}) { machine_ = *KvMachine::Open(store_, options); }

  wire::CommandResult Apply(const wire::Command& command) {
    const std::string bytes = wire::EncodeCommand(command);
    const auto results = machine_->Apply({{machine_->applied() + 1, bytes}});
    EXPECT_TRUE(results.ok()) << results.status();
    return *wire::DecodeCommandResult(results->front());
  }
  // "ok", "no", or why it was refused; of a transaction "ok" or the errors, "0: ...; 3: ...".
  std::string Say(const wire::Command& command) {
    const wire::CommandResult result = Apply(command);
    if (!result.error.empty()) return result.error;
    if (result.success) return "ok";
    if (result.txn_errors.empty()) return "no";
    return absl::StrJoin(result.txn_errors, "; ", [](std::string* out, const wire::TxnError& e) {
      absl::StrAppend(out, e.op, ": ", e.what);
    });
  }

  // "VALUE CREATE/MODIFY/LOCK [SESSION'S LAST DIGIT]", or "missing".
  std::string Show(absl::string_view key) const {
    const auto txn = store_.Read();
    const auto entry = FindKv(*txn, key);
    if (!entry.ok()) return std::string(entry.status().message());
    if (!*entry) return "missing";
    const auto& e = **entry;
    return absl::StrCat(e.value, " ", e.create_index, "/", e.modify_index, "/", e.lock_index,
                        e.session.empty() ? "" : absl::StrCat(" ", e.session.substr(35)));
  }

  size_t Rows(Table table) const { return store_.tables()[static_cast<size_t>(table)].size(); }
  KvMachine& machine() { return *machine_; }
  MemoryStore& store() { return store_; }

 private:
  mutable MemoryStore store_;
  std::unique_ptr<KvMachine> machine_;
};

// The tables agree with each other about who holds what; else what is wrong. Every fact is looked
// at from both ends.
inline std::string Contradiction(const ReadTxn& txn) {
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
    checks += session->checks.size();
    if (!txn.Get(Table::kNodes, NodeKey(session->node))) complain("of no node", id);
    if (!txn.Get(Table::kNodeSessions, absl::StrCat(NodePrefix(session->node), id))) {
      complain("its node does not know", id);
    }
    if (session->ttl > 0 && !txn.Get(Table::kRenewals, id)) complain("never renewed", id);
    for (const absl::string_view check : session->checks) {
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

#endif  // KONSUL_CORE_STATE_MACHINE_SUPPORT_H_
