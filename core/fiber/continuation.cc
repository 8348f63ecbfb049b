#include "core/fiber/continuation.h"

#include <utility>

namespace konsul::fiber {

void Continuation::WaitIn(WaitList& list) {
  if (woken_) return;
  entries_.emplace_front(this);
  list.Append(&entries_.front());
}

void Continuation::Wake() {
  woken_ = true;
  LeaveLists();
  if (group_ != nullptr && !queued_) Resume();
}

void Continuation::LeaveLists() {
  for (WaitEntry& entry : entries_) {
    if (entry.list != nullptr) entry.list->Remove(&entry);
  }
  entries_.clear();
}

void Continuation::Park(Group* group, absl::string_view name, absl::AnyInvocable<void()> body) {
  group_ = group;
  name_ = std::string(name);
  body_ = std::move(body);
  group_next_ = group->parked_;
  if (group_next_ != nullptr) group_next_->group_prev_ = this;
  group->parked_ = this;
  all_next_ = scheduler_.first_continuation_;
  if (all_next_ != nullptr) all_next_->all_prev_ = this;
  scheduler_.first_continuation_ = this;
  ++scheduler_.continuations_;
}

void Continuation::LeaveGroupList() {
  Continuation*& first = queued_ ? group_->woken_ : group_->parked_;
  (group_prev_ != nullptr ? group_prev_->group_next_ : first) = group_next_;
  if (group_next_ != nullptr) {
    group_next_->group_prev_ = group_prev_;
  } else if (queued_) {
    group_->last_woken_ = group_prev_;
  }
  group_prev_ = nullptr;
  group_next_ = nullptr;
}

void Continuation::Resume() {
  if (group_->resumed_ < group_->resumed_max_) return Start();
  LeaveLists();
  scheduler_.HeapRemove(this);
  LeaveGroupList();
  queued_ = true;
  group_prev_ = group_->last_woken_;
  (group_prev_ != nullptr ? group_prev_->group_next_ : group_->woken_) = this;
  group_->last_woken_ = this;
}

void Continuation::Start() {
  LeaveLists();
  scheduler_.HeapRemove(this);
  LeaveGroupList();
  (all_prev_ != nullptr ? all_prev_->all_next_ : scheduler_.first_continuation_) = all_next_;
  if (all_next_ != nullptr) all_next_->all_prev_ = all_prev_;
  --scheduler_.continuations_;
  group_->Start(name_, std::move(body_))->resumed_ = true;
  ++group_->resumed_;
  delete this;
}

}  // namespace konsul::fiber
