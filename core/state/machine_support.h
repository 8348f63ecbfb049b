// A state machine on tables in memory, to which tests apply commands one by one, and what they ask
// it.
#ifndef KONSUL_CORE_STATE_MACHINE_SUPPORT_H_
#define KONSUL_CORE_STATE_MACHINE_SUPPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/state/contradiction_support.h"
#include "core/state/kv_reader.h"
#include "core/state/memory_store_support.h"
#include "core/state/session_reader.h"
#include "core/state/table_machine.h"
#include "gtest/gtest.h"

namespace konsul::state {

// A session id that ends in `digit`.
inline std::string SessionId(char digit) {
  return std::string("00000000-0000-0000-0000-00000000000") + digit;
}

class MachineWorld {
 public:
  MachineWorld() { Reopen(); }

  void Reopen(TableMachine::Options options = {}) {
    machine_ = *TableMachine::Open(store_, options);
  }

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
  TableMachine& machine() { return *machine_; }
  MemoryStore& store() { return store_; }

 private:
  mutable MemoryStore store_;
  std::unique_ptr<TableMachine> machine_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_MACHINE_SUPPORT_H_
