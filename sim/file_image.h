// The content of one simulated file: what a process reads, and what a power loss may make of it.
//
// The present content is kept whole; beside it, for every 512-byte sector written since a Sync,
// what it was before. These old sectors form layers, oldest first; the last layer is open and takes
// new writes, each earlier one belongs to a Sync that is under way or has failed:
//
//   present content
//   open layer       old sectors of the writes since the last Sync began
//   ticket 7         old sectors that Sync 7, under way, covers
//   ticket 5 failed  old sectors of a Sync that answered EIO
//
// A Sync that succeeds makes its layer durable, by forgetting it. A power loss goes through the
// layers from the newest to the oldest and puts each old sector back or not, by seed. Fault model:
// disk.h.
#ifndef KONSUL_SIM_FILE_IMAGE_H_
#define KONSUL_SIM_FILE_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/env/random.h"
#include "sim/sparse_bytes.h"

namespace konsul::sim {

class FileImage {
 public:
  static constexpr uint64_t kSector = 512;

  FileImage() : layers_(1) {}

  uint64_t size() const { return bytes_.size(); }
  size_t Read(uint64_t offset, absl::Span<char> buffer) const {
    return bytes_.Read(offset, buffer);
  }
  std::string Content() const;

  // `random` decides whether the kernel happens to write back a sector that is rewritten, so that
  // the version between can be what a power loss leaves.
  void Write(uint64_t offset, absl::string_view data, env::Random& random);
  void Truncate(uint64_t size);

  // Names what a Sync covers: all changes so far.
  uint64_t BeginSync();
  // What `ticket` covers, and what was covered before it, is durable, failed Syncs excepted.
  void SyncSucceeded(uint64_t ticket);
  // It may never become durable; it becomes so only by being written again.
  void SyncFailed(uint64_t ticket);

  bool HasUnsynced() const;
  void PowerLoss(env::Random& random);
  // Damage at rest: durable at once, wherever old sectors are not put back.
  void FlipBit(uint64_t bit);

 private:
  struct OldSectors {
    uint64_t first = 0;
    uint64_t count = 0;
    std::string bytes;  // shorter than count sectors: zeros follow
  };
  struct Layer {
    uint64_t ticket = 0;
    bool failed = false;
    uint64_t size_before = 0;
    std::vector<OldSectors> saved;  // disjoint
  };

  void Save(uint64_t first, uint64_t end);
  void SaveRun(uint64_t first, uint64_t end);
  void WriteBack(uint64_t sector);
  bool Dirty(uint64_t sector) const { return sector < dirty_.size() && dirty_[sector]; }
  static void Forget(Layer& layer, const std::vector<OldSectors>& durable);
  uint64_t DrawSize(env::Random& random) const;

  SparseBytes bytes_;
  std::vector<Layer> layers_;  // never empty; the last is open
  std::vector<bool> dirty_;    // sectors saved in the open layer
  uint64_t last_ticket_ = 0;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_FILE_IMAGE_H_
