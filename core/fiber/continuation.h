// What a fiber would do next, put aside without the fiber: for waits that are long and many.
//
// A continuation waits in any number of wait lists. Group::Park gives it a body and a deadline; the
// first that wakes it, or the deadline, or the cancellation of its group, spawns a fiber with that
// body. The fiber finds out by itself what has happened, as after WaitList::Wait: a wake-up is only
// a hint.
//
//   auto continuation = std::make_unique<Continuation>(scheduler);
//   continuation->WaitIn(changed);
//   group.Park(std::move(continuation), "watch", deadline, [...] { look again });
#ifndef KONSUL_CORE_FIBER_CONTINUATION_H_
#define KONSUL_CORE_FIBER_CONTINUATION_H_

#include <forward_list>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "core/fiber/scheduler.h"

namespace konsul::fiber {

// Owned by who made it until it is given to Group::Park, by the group until it is woken. All calls
// on fibers of the scheduler, or from outside on its thread; none suspends.
class Continuation final : public Waiter {
 public:
  explicit Continuation(Scheduler& scheduler) : Waiter(false), scheduler_(scheduler) {}
  ~Continuation() { LeaveLists(); }
  Continuation(const Continuation&) = delete;
  Continuation& operator=(const Continuation&) = delete;

  // In addition to where it waits already. Before it is parked; a wake-up that comes before then is
  // kept for Park.
  void WaitIn(WaitList& list);
  // As what it waits in does. It leaves all lists.
  void Wake();
  bool woken() const { return woken_; }

 private:
  friend class Group;
  friend class Scheduler;

  void Park(Group* group, absl::string_view name, absl::AnyInvocable<void()> body);
  // Becomes a fiber, now or when it is its turn.
  void Resume();
  // Now, and is no more.
  void Start();
  void LeaveGroupList();
  void LeaveLists();

  Scheduler& scheduler_;
  bool woken_ = false;
  std::forward_list<WaitEntry> entries_;

  // While parked.
  Group* group_ = nullptr;
  bool queued_ = false;  // for its turn
  std::string name_;
  absl::AnyInvocable<void()> body_;
  Continuation* group_prev_ = nullptr;
  Continuation* group_next_ = nullptr;
  Continuation* all_prev_ = nullptr;  // in the scheduler
  Continuation* all_next_ = nullptr;
};

}  // namespace konsul::fiber

#endif  // KONSUL_CORE_FIBER_CONTINUATION_H_
