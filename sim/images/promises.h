// What a server has told others it keeps, what it was ever asked to keep, and whether what is found
// on a disk is between the two.
//
// Checks: recovery succeeds and calls nothing lost; term and vote, entries, snapshot, node id and
// cluster id are at least what the server said; nothing is there that nobody wrote; the log has no
// gap and its terms never fall; the tables that a snapshot makes have the digest of its index.
// Does not check: that what was not acknowledged is gone, which nobody promised.
#ifndef KONSUL_SIM_IMAGES_PROMISES_H_
#define KONSUL_SIM_IMAGES_PROMISES_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/raft/snapshot_point.h"
#include "core/raft/types.h"

namespace konsul::images {

// As a start of the server finds it.
struct Found {
  absl::Status status;  // of opening the storage; the rest counts only when it is OK
  NodeId id;
  ClusterId cluster;
  raft::HardState hard_state;
  raft::LogPosition snapshot;
  std::vector<raft::Entry> entries;
  Index applied;   // by the tables, which hold the snapshot and no more
  Hash128 digest;  // of the tables

  raft::LogPosition end() const {
    return entries.empty() ? snapshot
                           : raft::LogPosition{entries.back().index, entries.back().term};
  }
  friend bool operator==(const Found&, const Found&) = default;
};

using Log = std::vector<raft::Entry>;  // from index 1 on

struct Promises {
  // Told to others. 0: nothing yet.
  NodeId id;
  ClusterId cluster;
  Term term;
  NodeId vote;  // granted in `term`
  Index snapshot;
  // The log is there as one of these has it, up to its index. More than one while the server was
  // asked to replace a suffix and has not said that it has done so.
  struct Kept {
    std::shared_ptr<const Log> log;
    Index upto;
  };
  std::vector<Kept> kept;

  // Asked for.
  Term highest_term;
  std::shared_ptr<const std::map<std::pair<Index, Term>, raft::Entry>> sent;
  std::shared_ptr<const std::map<Index, Hash128>> digests;  // of the tables at each index

  // Empty when `found` is allowed; else what is wrong, in one line.
  std::string Judge(const Found& found) const;

 private:
  std::string JudgeLog(const Found& found) const;
  bool Has(const Found& found, const Kept& kept) const;
};

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_PROMISES_H_
