#include "core/server/snapshot_installer.h"

#include <utility>

#include "core/base/probe.h"
#include "core/base/status.h"

namespace konsul::server {

SnapshotInstaller::SnapshotInstaller(const env::Env& env, SnapshotStore& store, RaftDriver& driver)
    : env_(env), store_(store), driver_(driver), one_at_a_time_(env.scheduler) {}

absl::StatusOr<SnapshotChunkReply> SnapshotInstaller::OnChunk(const SnapshotChunk& chunk,
                                                              Instant deadline) {
  KONSUL_RETURN_IF_ERROR(one_at_a_time_.Lock(deadline));
  const fiber::MutexLock lock(one_at_a_time_);
  if (chunk.term < term()) return SnapshotChunkReply{.term = term()};
  if (driver_.raft().status().last_index == Index(0) && !chunk.to_learner) {
    return absl::AbortedError("this server has no log, but is no learner");
  }
  const SnapshotMeta& meta = chunk.meta;
  if (meta.point.last.index > driver_.raft().status().commit) {
    KONSUL_RETURN_IF_ERROR(Prepare(meta));
    if (!chunk.bytes.empty() && chunk.offset == receiver_->offset()) {
      KONSUL_RETURN_IF_ERROR(receiver_->Write(chunk.offset, chunk.bytes));
    } else if (chunk.offset != receiver_->offset()) {
      probe::Reached(Probe::kSnapshotResumed);
    }
    // Anything else is a repetition, or was meant for a transfer that did not survive a restart:
    // the reply says where to go on.
    if (receiver_->offset() < meta.bytes) return SnapshotChunkReply{term(), receiver_->offset()};
    const std::unique_ptr<SnapshotReceiver> complete = std::move(receiver_);
    KONSUL_RETURN_IF_ERROR(complete->Finish().status());
    env_.logger.Info("snapshot", "received from the leader",
                     {{"index", meta.point.last.index.value}, {"bytes", meta.bytes}});
  }
  driver_.InstallSnapshot(chunk.from, chunk.term, meta.point);
  return SnapshotChunkReply{term(), meta.bytes, true};
}

absl::Status SnapshotInstaller::Prepare(const SnapshotMeta& meta) {
  const bool same = receiver_ != nullptr && arriving_.point == meta.point &&
                    arriving_.bytes == meta.bytes && arriving_.digest == meta.digest;
  if (same) return absl::OkStatus();
  receiver_.reset();
  KONSUL_ASSIGN_OR_RETURN(receiver_, store_.Receive(meta));
  arriving_ = meta;
  return absl::OkStatus();
}

}  // namespace konsul::server
