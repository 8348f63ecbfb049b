// The segments before the one in use: what they hold, and their removal once nobody needs it.
#ifndef KONSUL_STORAGE_WAL_PAST_SEGMENTS_H_
#define KONSUL_STORAGE_WAL_PAST_SEGMENTS_H_

#include <cstdint>
#include <deque>
#include <string>

#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/base/log.h"
#include "core/env/disk.h"
#include "core/fiber/mutex.h"
#include "core/fiber/scheduler.h"

namespace konsul::wal {

struct PastSegment {
  uint64_t sequence = 0;
  Index last_index;  // the highest of an entry in it; 0 when it holds none that count
};

// Owned by the Wal. Two fibers use it: the one that appends, and the one that removes.
//
// Segments go from the oldest on, each removal durable before the next, so that whatever moment the
// power goes at, those that are left follow each other without a gap.
class PastSegments {
 public:
  // `past` is in order of their numbers.
  PastSegments(env::Disk& disk, std::string directory, std::deque<PastSegment> past, Logger& logger,
               fiber::Scheduler& scheduler);

  // A segment that has been filled; the next one has a batch that is durable.
  void Add(PastSegment segment);
  // Nothing in the segments so far counts any more: a Reset is durable.
  void Forget();
  // Entries up to this one are not needed any more. Never suspends: the fiber removes what it can.
  void Release(Index upto);
  size_t size() const { return past_.size(); }

  // The body of the background fiber, until it is cancelled. A failure is logged, and tried again
  // at the next Release.
  void Remove();

 private:
  bool HasWork() const { return asked_ && !past_.empty() && past_.front().last_index <= upto_; }
  absl::Status RemoveFirst();

  env::Disk& disk_;
  const std::string directory_;
  Logger& logger_;
  std::deque<PastSegment> past_;
  Index upto_;
  bool asked_ = false;
  // Set once a removal may or may not be durable: trying again proves nothing.
  absl::Status broken_;
  fiber::Condition work_;
};

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_PAST_SEGMENTS_H_
