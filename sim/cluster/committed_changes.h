// What each committed command changes in the key-value table, found out by applying it: the truth
// that streamers are compared with. A state machine of its own, on tables of its own, whose rows
// are compared before and after every command; nothing of the servers' own histories is used.
#ifndef KONSUL_SIM_CLUSTER_COMMITTED_CHANGES_H_
#define KONSUL_SIM_CLUSTER_COMMITTED_CHANGES_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/log.h"
#include "core/raft/types.h"
#include "core/state/table_machine.h"
#include "sim/checkers/stream_completeness.h"
#include "storage/lmdb/store.h"

namespace konsul::cluster {

class CommittedChanges {
 public:
  // `path`: a directory that does not exist yet, best on a memory file system.
  CommittedChanges(const std::string& path, checkers::StreamCompleteness& oracle);

  // As servers commit them: some come from several servers, all come in order from one of them.
  void OnCommit(const std::vector<raft::Entry>& entries);

 private:
  using Rows = std::map<std::string, std::string>;
  Rows Read();

  std::unique_ptr<lmdb::Store> store_;
  std::unique_ptr<state::TableMachine> machine_;
  checkers::StreamCompleteness& oracle_;
  Rows rows_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_COMMITTED_CHANGES_H_
