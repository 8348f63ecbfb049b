#include "core/server/applier.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::server {

namespace {

constexpr Duration kSlowApply = 5ms;

}  // namespace

Applier::Applier(fiber::Scheduler& scheduler, env::Clock& clock, state::StateMachine& machine,
                 SnapshotStore& snapshots, NodeId node, Observer* observer)
    : scheduler_(scheduler),
      clock_(clock),
      machine_(machine),
      snapshots_(snapshots),
      node_(node),
      observer_(observer),
      wakes_(scheduler),
      applied_(machine.applied()),
      changed_(scheduler) {}

void Applier::Enqueue(std::vector<raft::Entry> committed) {
  if (committed.empty()) return;
  queue_.insert(queue_.end(), std::make_move_iterator(committed.begin()),
                std::make_move_iterator(committed.end()));
  wakes_.WakeOne();
}

void Applier::EnqueueRestore(raft::LogPosition last) {
  // What is queued is in the snapshot.
  queue_.clear();
  restore_ = last;
  restoring_ = true;
  wakes_.WakeOne();
}

absl::Status Applier::Run() {
  while (true) {
    if (restore_) {
      const raft::LogPosition last = *std::exchange(restore_, std::nullopt);
      KONSUL_RETURN_IF_ERROR(Restore(last));
    } else if (!queue_.empty()) {
      const bool slow = scheduler_.Fires(BuggifySite::kSlowApply);
      if (slow) KONSUL_RETURN_IF_ERROR(scheduler_.SleepUntil(clock_.Now() + kSlowApply));
      // What is queued may have become part of a snapshot meanwhile.
      if (restore_) continue;
      KONSUL_RETURN_IF_ERROR(ApplySome(slow ? 1 : kEntriesPerTransaction));
      KONSUL_RETURN_IF_ERROR(scheduler_.Yield());
    } else {
      KONSUL_RETURN_IF_ERROR(wakes_.Wait());
    }
  }
}

absl::Status Applier::ApplySome(size_t most) {
  // A snapshot that was loaded may reach further than the one that consensus asked for.
  while (!queue_.empty() && queue_.front().index <= machine_.applied()) queue_.pop_front();
  if (queue_.empty()) return absl::OkStatus();
  const Instant begin = clock_.Now();
  std::vector<raft::Entry> batch;
  std::vector<state::Committed> committed;
  const auto committed_of = [](const raft::Entry& entry) {
    const bool command = entry.kind == raft::EntryKind::kCommand;
    return state::Committed{entry.index, command ? absl::string_view(*entry.payload) : ""};
  };
  // What takes long is a batch of its own.
  size_t n = 0;
  const size_t at_most = std::min(queue_.size(), most);
  while (n < at_most && !machine_.IsLong(committed_of(queue_[n]))) ++n;
  const bool is_long = n == 0;
  if (is_long) n = 1;
  batch.assign(std::make_move_iterator(queue_.begin()),
               std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(n)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(n));
  KONSUL_CHECK(batch.front().index == machine_.applied() + 1, batch.front().index.value,
               " would be applied after ", machine_.applied().value);
  for (const raft::Entry& entry : batch) {
    committed.push_back(committed_of(entry));
    bytes_applied_ += entry.payload->size();
  }
  std::vector<std::string> results;
  if (is_long) {
    KONSUL_ASSIGN_OR_RETURN(results.emplace_back(), machine_.ApplyLong(committed.front(), [this] {
      return scheduler_.Yield();
    }));
  } else {
    KONSUL_ASSIGN_OR_RETURN(results, machine_.Apply(committed));
  }
  applied_ = batch.back().index;
  apply_time_.Add(clock_.Now() - begin);
  if (observer_ != nullptr) observer_->OnApplied(node_, applied_, machine_.digest());
  for (size_t i = 0; i < batch.size(); ++i) Resolve(batch[i], results[i]);
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status Applier::Restore(raft::LogPosition last) {
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotFile> file, snapshots_.OpenLatest());
  const SnapshotMeta& meta = file->meta();
  KONSUL_CHECK(meta.point.last.index >= last.index, "the latest snapshot ends at ",
               meta.point.last.index.value, ", wanted ", last.index.value);
  const std::unique_ptr<state::RowSource> rows = file->Rows();
  KONSUL_RETURN_IF_ERROR(machine_.Restore(*rows));
  if (machine_.applied() != meta.point.last.index || machine_.digest() != meta.digest) {
    return absl::DataLossError("a snapshot did not restore what it says it holds");
  }
  ++restores_;
  // A later one may have arrived meanwhile, together with its own restore.
  if (!restore_) restoring_ = false;
  applied_ = machine_.applied();
  if (observer_ != nullptr) observer_->OnApplied(node_, applied_, machine_.digest());
  // Whether a proposal from before is part of the snapshot cannot be told from it.
  while (!waiters_.empty() && waiters_.begin()->first <= applied_) {
    Waiter& waiter = *waiters_.begin()->second;
    waiters_.erase(waiters_.begin());
    if (waiter.term != Term()) {
      waiter.result = absl::AbortedError(
          "the leadership was lost, and it is not known whether the write was committed");
    }
    waiter.done = true;
    waiter.wakes.WakeAll();
  }
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status Applier::AwaitRestored(Instant deadline) {
  return changed_.Await([this] { return !restoring_; }, deadline);
}

absl::Status Applier::AwaitMore(Index seen) {
  return changed_.Await([&] { return applied_ > seen; });
}

absl::StatusOr<std::string> Applier::AwaitResult(const raft::Raft::Proposed& proposed,
                                                 Instant deadline) {
  Waiter waiter(scheduler_);
  waiter.term = proposed.term;
  KONSUL_RETURN_IF_ERROR(Await(proposed.index, waiter, deadline));
  return std::move(waiter.result);
}

absl::Status Applier::AwaitApplied(Index index, Instant deadline) {
  if (index <= applied()) return absl::OkStatus();
  Waiter waiter(scheduler_);
  return Await(index, waiter, deadline);
}

absl::Status Applier::Await(Index index, Waiter& waiter, Instant deadline) {
  const auto it = waiters_.emplace(index, &waiter);
  while (!waiter.done) {
    const absl::Status status = waiter.wakes.Wait(deadline);
    if (!status.ok() && !waiter.done) {
      waiters_.erase(it);
      return status;
    }
  }
  return absl::OkStatus();
}

void Applier::Resolve(const raft::Entry& entry, const std::string& result) {
  while (!waiters_.empty() && waiters_.begin()->first <= entry.index) {
    Waiter& waiter = *waiters_.begin()->second;
    waiters_.erase(waiters_.begin());
    if (waiter.term == entry.term) {
      waiter.result = result;
    } else if (waiter.term != Term()) {
      waiter.result =
          absl::UnavailableError("the leadership changed before the write was committed");
    }
    waiter.done = true;
    waiter.wakes.WakeAll();
  }
}

}  // namespace konsul::server
