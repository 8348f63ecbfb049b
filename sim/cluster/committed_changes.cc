#include "sim/cluster/committed_changes.h"

#include "core/base/check.h"
#include "core/wire/command.h"
#include "core/wire/kv.h"
#include "sim/workloads/streamer.h"

namespace konsul::cluster {

CommittedChanges::CommittedChanges(const std::string& path, checkers::StreamCompleteness& oracle)
    : oracle_(oracle) {
  store_ = lmdb::Store::Open(path, {.in_memory_directory = true}, "", NullLogger()).value();
  machine_ = state::TableMachine::Open(*store_).value();
}

CommittedChanges::Rows CommittedChanges::Read() {
  Rows rows;
  store_->Read()->Scan(state::Table::kKv, "", [&](absl::string_view key, absl::string_view row) {
    const wire::KvEntry entry = wire::DecodeKvEntry(row).value();
    rows[std::string(key)] = workloads::RowText({.key = {},
                                                 .value = std::string(entry.value),
                                                 .modify_index = entry.modify_index,
                                                 .create_index = entry.create_index,
                                                 .lock_index = entry.lock_index,
                                                 .session = std::string(entry.session)});
    return true;
  });
  return rows;
}

void CommittedChanges::OnCommit(const std::vector<raft::Entry>& entries) {
  for (const raft::Entry& entry : entries) {
    if (entry.index != machine_->applied() + 1) continue;
    const bool command = entry.kind == raft::EntryKind::kCommand;
    const state::Committed committed{entry.index, command ? absl::string_view(*entry.payload) : ""};
    KONSUL_CHECK(machine_->Apply({&committed, 1}).ok(), "the oracle's own tables fail");
    Rows now = command ? Read() : rows_;
    checkers::StreamCompleteness::Changes changes;
    for (const auto& [key, row] : now) {
      const auto it = rows_.find(key);
      if (it == rows_.end() || it->second != row) changes[key] = row;
    }
    for (const auto& [key, row] : rows_) {
      if (!now.contains(key)) changes[key] = std::nullopt;
    }
    rows_ = std::move(now);
    if (command && wire::CommitsRestore(*entry.payload)) oracle_.OnRestored(entry.index.value);
    oracle_.OnCommitted(entry.index.value, changes);
  }
}

}  // namespace konsul::cluster
