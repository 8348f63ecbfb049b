#include "core/server/log_writer.h"

#include <iterator>
#include <utility>

#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::server {

LogWriter::LogWriter(fiber::Scheduler& scheduler, raft::LogStorage& log, Send send,
                     Persisted persisted)
    : log_(log), send_(std::move(send)), persisted_(std::move(persisted)), wakes_(scheduler) {}

void LogWriter::Enqueue(LogWork work) {
  if (mutation::On(Mutation::kAckBeforeSync)) {
    for (raft::Message& message : work.messages_after_persist) send_(std::move(message));
    work.messages_after_persist.clear();
  }
  queue_.push_back(std::move(work));
  wakes_.WakeOne();
}

absl::Status LogWriter::Run() {
  while (true) {
    while (queue_.empty()) KONSUL_RETURN_IF_ERROR(wakes_.Wait());
    // Messages that wait for nothing but earlier batches need no write.
    if (!queue_.front().NeedsPersist()) {
      Done(queue_.front());
      queue_.pop_front();
      continue;
    }
    std::deque<LogWork> batch;
    std::swap(batch, queue_);
    std::optional<raft::HardState> hard_state;
    std::vector<raft::Entry> entries;
    for (LogWork& work : batch) {
      if (work.hard_state) hard_state = work.hard_state;
      MergeEntries(entries, work.entries);
    }
    KONSUL_RETURN_IF_ERROR(log_.Append({hard_state, entries}));
    for (LogWork& work : batch) Done(work);
  }
}

void LogWriter::Done(LogWork& work) {
  if (work.NeedsPersist()) {
    const bool has_entries = !work.entries.empty();
    persisted_(has_entries ? work.entries.back().index : Index(),
               has_entries ? work.entries.back().term : Term());
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
