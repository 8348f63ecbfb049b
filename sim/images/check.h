// Records the workloads, makes the crash images of every moment, starts a server on each, and
// judges what it finds: at least what was acknowledged, at most what was written.
//
// On every image the storage is opened (cmd/node: identity, log, snapshots, tables); then all that
// was not synced is lost again, and it is opened once more: the same must be found. That one is
// written to (a term, an entry; a share of them a snapshot with compaction), loses what is not
// synced a third time, and must have it. An image that two moments have in common is opened once
// and judged for each.
#ifndef KONSUL_SIM_IMAGES_CHECK_H_
#define KONSUL_SIM_IMAGES_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace konsul::images {

struct CheckOptions {
  std::string directory;  // for tables; empty, on a memory file system
  uint64_t bound = 256;   // images of one moment
  uint64_t seed = 1;      // of the samples, and of the order of fibers
  std::string workload;   // empty: all
  // Called now and then; false stops.
  std::function<bool(uint64_t done, uint64_t moments)> progress;
};

struct WorkloadResult {
  std::string name;
  uint64_t moments = 0;     // at which something was unsynced, or a barrier was
  uint64_t barriers = 0;    // of them before, within or right behind a Sync, SyncDir or Allocate
  uint64_t exhaustive = 0;  // moments of which every image was tried
  double possible = 0;      // images
  uint64_t tried = 0;
  uint64_t ended = 0;     // moments at which the process alone ended as well, with all it had
  uint64_t distinct = 0;  // of those tried, moments having some in common; each was recovered from
  uint64_t recoveries = 0;  // starts of the storage
  std::string finding;      // the first one; empty when all is well
};

struct CheckResult {
  std::vector<WorkloadResult> workloads;
  bool interrupted = false;
  bool failed() const;
};

CheckResult CheckCrashImages(const CheckOptions& options);

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_CHECK_H_
