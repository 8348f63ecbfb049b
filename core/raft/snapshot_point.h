// Where a snapshot stands in the log, and what of the log a server must still know without the
// entries that it replaces (paper 7; thesis 5).
#ifndef KONSUL_CORE_RAFT_SNAPSHOT_POINT_H_
#define KONSUL_CORE_RAFT_SNAPSHOT_POINT_H_

#include "core/base/ids.h"
#include "core/raft/configuration.h"
#include "core/raft/types.h"

namespace konsul::raft {

// Index 0: no snapshot.
struct SnapshotPoint {
  LogPosition last;  // the last entry that it covers
  // The latest configuration up to there, and the index of the entry that held it.
  Index configuration_index;
  Configuration configuration;

  friend bool operator==(const SnapshotPoint&, const SnapshotPoint&) = default;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_SNAPSHOT_POINT_H_
