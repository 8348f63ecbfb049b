// Disk operations under way: each takes drawn time, may meet an armed fault, and may be caught by
// the death of its process.
#ifndef KONSUL_SIM_DISK_QUEUE_H_
#define KONSUL_SIM_DISK_QUEUE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/env/random.h"
#include "core/fiber/scheduler.h"
#include "sim/disk.h"
#include "sim/engine.h"
#include "sim/life.h"

namespace konsul::sim {

// What of an operation happens when its time has come.
struct DiskOutcome {
  bool failed = false;          // the caller is told an error; a Sync is spoiled
  uint64_t limit = UINT64_MAX;  // bytes of a write that reach the file
  int64_t misplaced_by = 0;     // a write goes this many sectors off
};

// The effect of an operation on the store; its status is the caller's when nothing else failed.
using DiskEffect = absl::FunctionRef<absl::Status(const DiskOutcome&)>;

struct DiskRequest {
  DiskOps op;
  absl::string_view path;
  uint64_t payload = 0;  // hash of what is asked for, for the trace
  uint64_t bytes = 0;    // of a write
};

class DiskQueue : private EventTarget {
 public:
  DiskQueue(Engine& engine, HostId host, const DiskOptions& options, env::Random random);

  // Suspends the calling fiber for as long as the operation takes. When the process is killed or
  // the fiber cancelled meanwhile, the effect takes place or not, by seed: Cancelled.
  absl::Status Run(Life& life, const DiskRequest& request, DiskEffect effect);

  // The process was killed: decides what becomes of everything under way.
  void CutOff();

  uint64_t Arm(DiskFault fault);
  void Disarm(uint64_t number);
  void DisarmAll() { faults_.clear(); }
  bool Spent(uint64_t number) const;
  void SetSlowness(uint32_t percent) { slowness_percent_ = percent; }
  void SetSyncSlowness(uint32_t percent) { sync_slowness_percent_ = percent; }
  void SetStalled(uint32_t ops);

  const DiskCounters& counters() const { return counters_; }
  env::Random& random() { return random_; }
  DiskOptions& options() { return options_; }

 private:
  struct Operation {
    const DiskRequest& request;
    DiskEffect effect;
    fiber::WaitList done;
    bool finished = false;
    absl::Status result;
  };
  struct Slot {
    Operation* operation = nullptr;  // on the stack of the fiber that waits
    uint32_t generation = 0;
  };

  void OnEvent(uint32_t what, uint64_t arg) override;
  uint32_t Occupy(Operation* operation);
  void Release(uint32_t slot);
  void Abandon(Operation& operation);
  // OK, or the error of the fault that strikes.
  absl::Status Strike(const DiskRequest& request, DiskOutcome& outcome);
  Duration DrawTime(DiskOps op);
  void Count(const DiskRequest& request);
  void Record(EventKind kind, const DiskRequest& request, const char* what);

  Engine& engine_;
  const HostId host_;
  DiskOptions options_;
  env::Random random_;
  DiskCounters counters_;
  uint32_t slowness_percent_ = 100;
  uint32_t sync_slowness_percent_ = 100;
  uint32_t stalled_ = 0;           // kinds that hang
  std::vector<uint64_t> hanging_;  // their events' arguments, in the order of their ends
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<std::pair<uint64_t, DiskFault>> faults_;  // in the order of their numbers
  uint64_t next_fault_ = 1;
};

// '*' matches any text, '?' one character.
bool GlobMatches(absl::string_view glob, absl::string_view text);

}  // namespace konsul::sim

#endif  // KONSUL_SIM_DISK_QUEUE_H_
