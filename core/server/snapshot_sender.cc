#include "core/server/snapshot_sender.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/probe.h"
#include "core/base/status.h"

namespace konsul::server {
namespace {

constexpr size_t kSmallChunk = 64;

}  // namespace

SnapshotSender::SnapshotSender(const env::Env& env, const SnapshotOptions& options, NodeId self,
                               SnapshotStore& store, RaftDriver& driver, SnapshotTaker& taker,
                               Observer* observer)
    : env_(env),
      options_(options),
      self_(self),
      store_(store),
      driver_(driver),
      taker_(taker),
      observer_(observer) {}

absl::Status SnapshotSender::Lost(absl::Status status) {
  if (observer_ != nullptr) observer_->OnDataLoss(status);
  return status;
}

void SnapshotSender::Send(NodeId to, Transport& transport, fiber::Group& group) {
  // The one under way ends soon, having noticed the change of term; consensus asks again then.
  if (!under_way_.insert(to).second) return;
  group.Spawn("snapshot-sender", [this, to, &transport] {
    const absl::Status status = SendAll(to, transport);
    if (status.ok()) {
      ++sent_;
      env_.logger.Info("snapshot", "a follower has it", {{"server", ToHex(to.value)}});
    } else if (!absl::IsCancelled(status)) {
      env_.logger.Warn("snapshot", "sending failed, will be tried again",
                       {{"server", ToHex(to.value)}, {"error", status.ToString()}});
      if (absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) Mend();
      (void)env_.Sleep(options_.retry_pause);
    }
    under_way_.erase(to);
    driver_.SnapshotEnded(to);
  });
}

absl::Status SnapshotSender::SendAll(NodeId to, Transport& transport) {
  const Term term = driver_.raft().status().term;
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotFile> file, store_.OpenLatest());
  const SnapshotMeta& meta = file->meta();
  const SnapshotTaker::Hold hold(taker_, meta.point.last.index);
  // The first piece is empty and asks how much is there already.
  SnapshotChunk chunk{.from = self_, .term = term, .meta = meta};
  while (true) {
    const raft::Status status = driver_.raft().status();
    if (status.role != raft::Role::kLeader || status.term != term) {
      return absl::AbortedError("this server does not lead any more");
    }
    const Instant began = env_.clock.Now();
    const uint64_t bytes = chunk.bytes.size();
    chunk.to_learner = driver_.raft().configuration().IsLearner(to);
    KONSUL_ASSIGN_OR_RETURN(const SnapshotChunkReply reply,
                            SendPiece(to, std::move(chunk), transport));
    if (reply.installed) return AwaitReplication(to, meta.point.last.index);
    if (reply.term > term) return absl::AbortedError("the follower knows a later term");
    if (reply.offset >= meta.bytes) {
      return absl::InternalError("the follower has all of the snapshot but did not install it");
    }
    KONSUL_RETURN_IF_ERROR(Pace(began, bytes));
    chunk = SnapshotChunk{.from = self_, .term = term, .meta = meta, .offset = reply.offset};
    const bool small = env_.scheduler.Fires(BuggifySite::kSmallChunk);
    const size_t most = small ? std::min(kSmallChunk, options_.chunk_bytes) : options_.chunk_bytes;
    KONSUL_ASSIGN_OR_RETURN(chunk.bytes, file->ReadAt(reply.offset, most));
    if (chunk.bytes.empty()) {
      return Lost(absl::DataLossError(absl::StrCat("the snapshot's file ends at ", reply.offset,
                                                   " of its ", meta.bytes, " bytes")));
    }
  }
}

absl::StatusOr<SnapshotChunkReply> SnapshotSender::SendPiece(NodeId to, SnapshotChunk chunk,
                                                             Transport& transport) {
  const Instant deadline = env_.After(options_.chunk_timeout);
  if (observer_ == nullptr) return transport.SendChunk(to, std::move(chunk), deadline);
  const uint64_t bytes = chunk.meta.bytes;
  const uint64_t call = observer_->OnCall({.kind = PeerCall::Kind::kSnapshotPiece,
                                           .from = self_,
                                           .to = to,
                                           .snapshot = chunk.meta.point.last.index,
                                           .bytes = bytes,
                                           .first = chunk.bytes.empty()});
  absl::StatusOr<SnapshotChunkReply> reply = transport.SendChunk(to, std::move(chunk), deadline);
  const uint64_t have = !reply.ok() ? 0 : reply->installed ? bytes : reply->offset;
  observer_->OnAnswer(call, reply.status(), have);
  return reply;
}

// What arrives damaged was damaged on the way, there, or here. This server's tables are not read
// from its snapshot while it runs, so it can write another.
void SnapshotSender::Mend() {
  const absl::Status status = store_.CheckLatest();
  if (!absl::IsDataLoss(status)) return;
  probe::Reached(Probe::kSnapshotMended);
  Lost(status).IgnoreError();
  env_.logger.Error("snapshot", "the latest one is damaged on this server's disk; writing another",
                    {{"error", status.ToString()}});
  const absl::Status mended = taker_.Take(Instant::Never()).status();
  if (mended.ok() || absl::IsCancelled(mended)) return;
  env_.logger.Error("snapshot", "could not be written", {{"error", mended.ToString()}});
}

// The log must still reach back to the snapshot when consensus hears of it, or the follower would
// need the next one, and so on.
absl::Status SnapshotSender::AwaitReplication(NodeId to, Index index) {
  driver_.SnapshotEnded(to);
  constexpr Duration kLook = 10ms;
  constexpr int kLooks = 100;
  for (int i = 0; i < kLooks; ++i) {
    for (const raft::FollowerStatus& follower : driver_.raft().followers()) {
      if (follower.id == to && follower.match >= index) return absl::OkStatus();
    }
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kLook));
  }
  return absl::DeadlineExceededError("the follower installed it, but does not take entries");
}

absl::Status SnapshotSender::Pace(Instant began, uint64_t bytes) const {
  const auto least = Duration(static_cast<int64_t>(
      static_cast<double>(bytes) * 1e9 / static_cast<double>(options_.send_bytes_per_second)));
  if (env_.clock.Now() >= began + least) return absl::OkStatus();
  return env_.scheduler.SleepUntil(began + least);
}

}  // namespace konsul::server
