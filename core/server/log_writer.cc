#include "core/server/log_writer.h"

#include <iterator>
#include <utility>

#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::server {

LogWork LogWork::Of(raft::Ready& ready) {
  return {ready.hard_state, ready.restore, std::move(ready.entries),
          std::move(ready.messages_after_persist)};
}

raft::LogPosition LogWork::Last() const {
  if (!entries.empty()) return {entries.back().index, entries.back().term};
  return restore.value_or(raft::LogPosition{});
}

LogWriter::LogWriter(fiber::Scheduler& scheduler, env::Clock& clock, raft::LogStorage& log,
                     Send send, Persisted persisted)
    : clock_(clock),
      log_(log),
      send_(std::move(send)),
      persisted_(std::move(persisted)),
      wakes_(scheduler) {}

void LogWriter::Enqueue(LogWork work) {
  if (mutation::On(Mutation::kAckBeforeSync)) {
    for (raft::Message& message : work.messages_after_persist) send_(std::move(message));
    work.messages_after_persist.clear();
  }
  queue_.push_back(std::move(work));
  wakes_.WakeOne();
}

void LogWriter::Compact(Index upto) {
  compact_to_ = std::max(compact_to_, upto);
  wakes_.WakeOne();
}

absl::Status LogWriter::Run() {
  while (true) {
    if (!queue_.empty()) {
      KONSUL_RETURN_IF_ERROR(WriteSome());
    } else if (compacted_ < compact_to_) {
      const Index upto = compact_to_;
      KONSUL_RETURN_IF_ERROR(log_.Compact(upto));
      compacted_ = upto;
    } else {
      KONSUL_RETURN_IF_ERROR(wakes_.Wait());
    }
  }
}

absl::Status LogWriter::WriteSome() {
  // Messages that wait for nothing but earlier batches need no write.
  if (!queue_.front().NeedsPersist()) {
    LogWork work = std::move(queue_.front());
    queue_.pop_front();
    Done(work);
    return absl::OkStatus();
  }
  if (queue_.front().restore) KONSUL_RETURN_IF_ERROR(log_.Reset(*queue_.front().restore));
  std::deque<LogWork> batch;
  std::optional<raft::HardState> hard_state;
  std::vector<raft::Entry> entries;
  // Up to the next restore, which has to come between two appends.
  while (!queue_.empty() && (batch.empty() || !queue_.front().restore)) {
    LogWork& work = queue_.front();
    if (work.hard_state) hard_state = work.hard_state;
    MergeEntries(entries, work.entries);
    batch.push_back(std::move(work));
    queue_.pop_front();
    if (!queue_.empty() && wakes_.scheduler().Fires(BuggifySite::kCommitOfOne)) break;
  }
  if (hard_state || !entries.empty()) {
    const Instant begin = clock_.Now();
    KONSUL_RETURN_IF_ERROR(log_.Append({hard_state, entries}));
    sync_time_.Add(clock_.Now() - begin);
    entries_written_ += entries.size();
  }
  for (LogWork& work : batch) Done(work);
  return absl::OkStatus();
}

void LogWriter::Done(LogWork& work) {
  if (work.NeedsPersist()) {
    const raft::LogPosition last = work.Last();
    persisted_(last.index, last.term);
  }
  for (raft::Message& message : work.messages_after_persist) send_(std::move(message));
}

void MergeEntries(std::vector<raft::Entry>& entries, std::vector<raft::Entry> later) {
  if (later.empty()) return;
  while (!entries.empty() && entries.back().index >= later.front().index) entries.pop_back();
  entries.insert(entries.end(), std::make_move_iterator(later.begin()),
                 std::make_move_iterator(later.end()));
}

}  // namespace konsul::server
