#include "core/server/read_batcher.h"

#include <algorithm>
#include <utility>

#include "core/base/status.h"

namespace konsul::server {

ReadBatcher::ReadBatcher(fiber::Scheduler& scheduler, Round round)
    : scheduler_(scheduler), round_(std::move(round)), wakes_(scheduler) {}

absl::StatusOr<Index> ReadBatcher::Confirm(Instant deadline) {
  Waiter waiter(scheduler_);
  next_.push_back(&waiter);
  wakes_.WakeOne();
  while (!waiter.done) {
    const absl::Status status = waiter.wakes.Wait(deadline);
    if (!status.ok() && !waiter.done) {
      std::erase(next_, &waiter);
      std::erase(under_way_, &waiter);
      return status;
    }
  }
  return waiter.result;
}

absl::Status ReadBatcher::Run() {
  while (true) {
    while (next_.empty()) KONSUL_RETURN_IF_ERROR(wakes_.Wait());
    std::swap(under_way_, next_);
    if (under_way_.size() > 1 && scheduler_.Fires(BuggifySite::kReadBatchOfOne)) {
      next_.assign(under_way_.begin() + 1, under_way_.end());
      under_way_.resize(1);
    }
    const absl::StatusOr<Index> result = round_();
    for (Waiter* waiter : under_way_) {
      waiter->result = result;
      waiter->done = true;
      waiter->wakes.WakeAll();
    }
    under_way_.clear();
    if (absl::IsCancelled(result.status())) return result.status();
  }
}

}  // namespace konsul::server
