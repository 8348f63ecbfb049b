// "Please stop": asks a node to end in good order, unlike cancelling its fiber, which is what a
// kill looks like from inside.
#ifndef KONSUL_CMD_NODE_STOP_H_
#define KONSUL_CMD_NODE_STOP_H_

#include "absl/status/status.h"
#include "core/fiber/mutex.h"
#include "core/fiber/scheduler.h"

namespace konsul::node {

// Outlives the node. Fibers and callbacks of the node's scheduler.
class Stop {
 public:
  explicit Stop(fiber::Scheduler& scheduler) : changed_(scheduler) {}

  void Request() {
    requested_ = true;
    changed_.NotifyAll();
  }
  absl::Status Await() {
    return changed_.Await([this] { return requested_; });
  }

 private:
  bool requested_ = false;
  fiber::Condition changed_;
};

}  // namespace konsul::node

#endif  // KONSUL_CMD_NODE_STOP_H_
