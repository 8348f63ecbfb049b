#include "core/server/applier.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::server {

Applier::Applier(fiber::Scheduler& scheduler, state::StateMachine& machine, NodeId node,
                 Observer* observer)
    : scheduler_(scheduler),
      machine_(machine),
      node_(node),
      observer_(observer),
      wakes_(scheduler) {}

void Applier::Enqueue(std::vector<raft::Entry> committed) {
  if (committed.empty()) return;
  queue_.insert(queue_.end(), std::make_move_iterator(committed.begin()),
                std::make_move_iterator(committed.end()));
  wakes_.WakeOne();
}

absl::Status Applier::Run() {
  std::vector<raft::Entry> batch;
  std::vector<state::Committed> committed;
  while (true) {
    while (queue_.empty()) KONSUL_RETURN_IF_ERROR(wakes_.Wait());
    const size_t n = std::min(queue_.size(), kEntriesPerTransaction);
    batch.assign(std::make_move_iterator(queue_.begin()),
                 std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(n)));
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(n));
    KONSUL_CHECK(batch.front().index == machine_.applied() + 1, batch.front().index.value,
                 " would be applied after ", machine_.applied().value);
    committed.clear();
    for (const raft::Entry& entry : batch) {
      const bool command = entry.kind == raft::EntryKind::kCommand;
      committed.push_back({entry.index, command ? absl::string_view(*entry.payload) : ""});
    }
    KONSUL_ASSIGN_OR_RETURN(const std::vector<std::string> results, machine_.Apply(committed));
    if (observer_ != nullptr) {
      observer_->OnApplied(node_, batch.back().index, machine_.digest());
    }
    for (size_t i = 0; i < batch.size(); ++i) Resolve(batch[i], results[i]);
    KONSUL_RETURN_IF_ERROR(scheduler_.Yield());
  }
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
