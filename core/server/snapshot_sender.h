// Brings followers that are behind the start of the log a snapshot, piece by piece.
#ifndef KONSUL_CORE_SERVER_SNAPSHOT_SENDER_H_
#define KONSUL_CORE_SERVER_SNAPSHOT_SENDER_H_

#include <cstdint>
#include <set>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "core/server/observer.h"
#include "core/server/raft_driver.h"
#include "core/server/snapshot_options.h"
#include "core/server/snapshot_store.h"
#include "core/server/snapshot_taker.h"
#include "core/server/transport.h"

namespace konsul::server {

class SnapshotSender {
 public:
  SnapshotSender(const env::Env& env, const SnapshotOptions& options, NodeId self,
                 SnapshotStore& store, RaftDriver& driver, SnapshotTaker& taker,
                 Observer* observer);

  // Starts a fiber in `group` that sends the latest snapshot to `to`, unless one is at it already,
  // and tells consensus when it is done, or has given up for now. Never suspends.
  void Send(NodeId to, Transport& transport, fiber::Group& group);

  uint64_t sent() const { return sent_; }

 private:
  absl::Status SendAll(NodeId to, Transport& transport);
  // One request and its reply; the observer is told of both.
  absl::StatusOr<SnapshotChunkReply> SendPiece(NodeId to, SnapshotChunk chunk,
                                               Transport& transport);
  void Mend();
  absl::Status Lost(absl::Status status);
  absl::Status AwaitReplication(NodeId to, Index index);
  // Suspends so that no more than the permitted rate goes out.
  absl::Status Pace(Instant began, uint64_t bytes) const;

  const env::Env env_;
  const SnapshotOptions options_;
  const NodeId self_;
  SnapshotStore& store_;
  RaftDriver& driver_;
  SnapshotTaker& taker_;
  Observer* const observer_;  // may be null
  std::set<NodeId> under_way_;
  uint64_t sent_ = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SNAPSHOT_SENDER_H_
