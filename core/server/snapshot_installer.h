// Takes in the snapshot that the leader sends, and hands it to consensus once it is whole.
#ifndef KONSUL_CORE_SERVER_SNAPSHOT_INSTALLER_H_
#define KONSUL_CORE_SERVER_SNAPSHOT_INSTALLER_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/fiber/mutex.h"
#include "core/server/raft_driver.h"
#include "core/server/snapshot_store.h"
#include "core/server/transport.h"

namespace konsul::server {

class SnapshotInstaller {
 public:
  SnapshotInstaller(const env::Env& env, SnapshotStore& store, RaftDriver& driver);

  // One piece; suspends. What comes from a leader of the past is answered with the present term.
  absl::StatusOr<SnapshotChunkReply> OnChunk(const SnapshotChunk& chunk, Instant deadline);

 private:
  absl::Status Prepare(const SnapshotMeta& meta);
  Term term() const { return driver_.raft().status().term; }

  const env::Env env_;
  SnapshotStore& store_;
  RaftDriver& driver_;
  fiber::Mutex one_at_a_time_;
  // The one that is arriving.
  std::unique_ptr<SnapshotReceiver> receiver_;
  SnapshotMeta arriving_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SNAPSHOT_INSTALLER_H_
