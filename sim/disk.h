// A host's disk: files that survive its processes, and what a power loss leaves of them.
//
// Fault model.
//   Process death: what was written stays, synced or not (the kernel has it). An operation under
//   way may have happened, may not have, or, a write, may have happened up to some byte: seeded.
//   Power loss, file content: each 512-byte sector that was written since the last Sync that
//   covered it is on the disk as it was then, or as it is now, or as it was at some write between:
//   seeded per sector, independently of each other, so writes are torn and reordered. Sectors are
//   atomic. What a Sync that returned OK covered is there.
//   Power loss, file size: growth and truncation since the last Sync are kept, lost, or kept in
//   part (up to a sector); in a part that was kept, sectors not kept read as zeros. Power loss,
//   names: of the creations, renames and removals in a directory since its last SyncDir a seeded
//   prefix, in order, is kept. Directories are independent of each other, except that a rename
//   between two never loses both names. A synced file whose name was not synced may be gone.
//   Errors: EIO or ENOSPC on operations of armed kinds on armed paths, a number of times or with a
//   likelihood. A write that fails has written a seeded prefix. A Sync that fails leaves its
//   sectors marked clean, as Linux does: a later Sync that succeeds does not cover them, a power
//   loss may still take them (Rebello et al., ATC'20). Full disk: growth beyond `capacity` answers
//   ResourceExhausted; space inside a file is kept. Slowness: every operation takes drawn time;
//   syncs have heavy tails; both can be scaled. Stall: operations of some kinds do not come to an
//   end, and give no error either, until the stall is over; they then end in their order. Rot: bits
//   of a file change at rest. Misdirected write: the bytes land at another sector of the same file,
//   and the call returns OK.
//
// What is not modelled: several requests competing for one device, hard links, permissions.
#ifndef KONSUL_SIM_DISK_H_
#define KONSUL_SIM_DISK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sim/engine.h"
#include "sim/link.h"
#include "sim/types.h"

namespace konsul::sim {

struct DiskOptions {
  uint64_t capacity = 1ull << 40;  // bytes of file content
  LatencyModel read{.base = 10us, .jitter = 40us, .tail_max = 5ms};
  LatencyModel write{.base = 4us, .jitter = 8us, .tail_max = 1ms};
  LatencyModel sync{.base = 200us, .jitter = 800us, .tail_max = 50ms};  // also SyncDir, Allocate
  LatencyModel metadata{.base = 5us, .jitter = 15us, .tail_max = 2ms};
};

// A set of operations, as bits.
enum DiskOps : uint32_t {
  kDiskRead = 1,
  kDiskWrite = 2,  // WriteAt, Truncate
  kDiskSync = 4,
  kDiskAllocate = 8,
  kDiskMetadata = 16,  // Open, Rename, Remove, CreateDir
  kDiskSyncDir = 32,
  kDiskAnyOp = 63,
};

enum class DiskError {
  kIo,         // Unavailable
  kNoSpace,    // ResourceExhausted
  kMisdirect,  // writes only: returns OK, wrong place
};

struct DiskFault {
  uint32_t ops = kDiskAnyOp;
  std::string glob = "*";  // of the path; '*' matches any text, '/' too; '?' one character
  DiskError error = DiskError::kIo;
  uint32_t ppm = 1'000'000;     // of the operations that match
  uint64_t times = UINT64_MAX;  // then the fault is spent
};

// What was done, exactly; for `performance` runs.
struct DiskCounters {
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t bytes_written = 0;
  uint64_t syncs = 0;  // of files and directories, Allocate included
};

class DiskStore;  // internal: files and names (sim/disk_store.h)
class DiskQueue;  // internal: operations under way (sim/disk_queue.h)
struct Life;      // internal: one process (sim/life.h)

class SimDisk {
 public:
  SimDisk(Engine& engine, HostId host, const DiskOptions& options);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // Faults; not from fibers. Each is one trace record.
  uint64_t Arm(DiskFault fault);  // returns its number, for Disarm
  void Disarm(uint64_t number);
  void DisarmAll();
  // Whether it has struck as often as it could, or was disarmed.
  bool Spent(uint64_t number) const;
  // Every duration drawn is multiplied by percent / 100; 100 is normal.
  void SetSlowness(uint32_t percent);
  void SetSyncSlowness(uint32_t percent);
  // From now on these operations hang (DiskOps); 0: none, and those that hung end.
  void SetStalled(uint32_t ops);
  void SetCapacity(uint64_t bytes);
  // Flips `bits` seeded bits of each file that matches. Returns how many files there were.
  size_t Rot(absl::string_view glob, uint32_t bits);
  // Flips one bit. False when there is no such file, or nothing there.
  bool FlipBit(absl::string_view path, uint64_t bit);
  // Everything is gone, durably: a replaced disk. The host must not be running.
  void Wipe();
  // Puts a file in its place, durably: from a backup. The host must not be running.
  void Restore(absl::string_view path, absl::string_view content);

  // For checkers and tests, without the passing of time: files in the order of their paths.
  std::vector<std::string> Paths() const;
  // The content as the process would read it; empty when missing.
  std::string Content(absl::string_view path) const;
  // Bytes of `path` that a power loss now may take.
  bool HasUnsynced(absl::string_view path) const;
  uint64_t used() const;

  const DiskCounters& counters() const;
  DiskOptions& options();

  DiskStore& store() { return *store_; }  // for Host
  DiskQueue& queue() { return *queue_; }  // for Host

 private:
  Engine& engine_;
  const HostId host_;
  std::unique_ptr<DiskStore> store_;
  std::unique_ptr<DiskQueue> queue_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_DISK_H_
