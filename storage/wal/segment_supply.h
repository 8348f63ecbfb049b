// Keeps an empty segment ready, so that an append which fills one goes on in the next at once.
#ifndef KONSUL_STORAGE_WAL_SEGMENT_SUPPLY_H_
#define KONSUL_STORAGE_WAL_SEGMENT_SUPPLY_H_

#include <cstdint>
#include <deque>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/log.h"
#include "core/env/disk.h"
#include "core/fiber/mutex.h"
#include "core/fiber/scheduler.h"
#include "storage/wal/segment.h"

namespace konsul::wal {

// Owned by the Wal. Two fibers use it: the one that appends, and the one that prepares.
class SegmentSupply {
 public:
  struct Place {
    env::Disk& disk;
    std::string directory;
    NodeId node;
    uint64_t segment_bytes;
  };
  // `spares` are the empty segments behind the active one that recovery found, in order.
  SegmentSupply(Place place, uint64_t active_sequence, std::deque<Segment> spares, Logger& logger,
                fiber::Scheduler& scheduler);

  // The body of the background fiber: prepares whenever asked, until it is cancelled. A failure is
  // logged and tried again when asked again.
  void Prepare();
  // Asks for a spare segment unless there is one. Never suspends.
  void Ask();
  bool has_spare() const { return !spares_.empty(); }

  // The next segment: a spare, or else one that is made now. Suspends in the latter case.
  absl::StatusOr<Segment> Take();

 private:
  absl::Status MakeSpare();

  const Place place_;
  Logger& logger_;
  std::deque<Segment> spares_;
  uint64_t next_sequence_;
  // Set once the name of a segment may or may not be durable: trying again proves nothing.
  absl::Status broken_;
  bool asked_ = false;
  fiber::Condition work_;
  fiber::Mutex making_;  // held while a segment is made
};

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_SEGMENT_SUPPLY_H_
