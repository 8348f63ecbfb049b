#include "sim/cluster/rebuild.h"

#include <vector>

#include "core/base/hash.h"
#include "core/base/status.h"

namespace konsul::cluster {
namespace {

absl::StatusOr<checkers::StateContents> ContentsOf(state::StateMachine& machine) {
  KONSUL_ASSIGN_OR_RETURN(const state::StateMachine::Frozen frozen, machine.Freeze());
  checkers::StateContents contents{frozen.applied, frozen.digest, 0, 0};
  state::Row row;
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, frozen.rows->Next(row));
    if (!more) return contents;
    contents.rows = HashContent(row.key, contents.rows + static_cast<uint64_t>(row.table));
    contents.rows = HashContent(row.value, contents.rows);
    ++contents.count;
  }
}

absl::Status Apply(state::StateMachine& machine, const std::vector<raft::Entry>& log, Index upto) {
  for (const raft::Entry& entry : log) {
    if (entry.index <= machine.applied() || entry.index > upto) continue;
    const bool command = entry.kind == raft::EntryKind::kCommand;
    const state::Committed committed{entry.index, command ? absl::string_view(*entry.payload) : ""};
    KONSUL_RETURN_IF_ERROR(machine.Apply({&committed, 1}).status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Rebuilt> RebuildState(const env::Env& env, node::StorageOptions storage,
                                     const std::string& fresh_tables) {
  Rebuilt out;
  {
    node::Storage kept(env.scheduler);
    KONSUL_RETURN_IF_ERROR(kept.Open(env, storage));
    KONSUL_ASSIGN_OR_RETURN(out.kept, ContentsOf(kept.machine()));
  }
  storage.tables_path = fresh_tables;
  node::Storage anew(env.scheduler);
  KONSUL_RETURN_IF_ERROR(anew.Open(env, storage));
  const raft::Recovered recovered = anew.TakeRecovered();
  KONSUL_RETURN_IF_ERROR(Apply(anew.machine(), recovered.entries, out.kept.applied));
  KONSUL_ASSIGN_OR_RETURN(out.anew, ContentsOf(anew.machine()));
  return out;
}

}  // namespace konsul::cluster
