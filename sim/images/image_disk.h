// An env::Disk that keeps apart what a power loss can take and what it cannot, so that every image
// that one might leave can be made (crash_images.h).
//
// The model is the one at the top of sim/disk.h, with all of its choices left open instead of
// drawn:
//   content  a 512-byte sector that was written since the last Sync is, after a power loss, as it
//            was then or as it was after any write since, independently of the others; sectors are
//            atomic
//   size     as at the last Sync, or as after any change since, or a whole number of sectors
//            between; in a part that was kept, sectors that were not are zeros
//   names    of the creations, renames and removals of a directory since its last SyncDir a prefix
//            is kept; directories are independent
// Sync, SyncDir and Allocate take no time: a fiber that gives way does so before each of them.
//
// Not modelled: errors, renames between directories, removed directories, sectors that become
// garbage. One thread; calls suspend when there is a scheduler.
#ifndef KONSUL_SIM_IMAGES_IMAGE_DISK_H_
#define KONSUL_SIM_IMAGES_IMAGE_DISK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/hash.h"
#include "core/env/disk.h"
#include "core/fiber/scheduler.h"

namespace konsul::images {

inline constexpr uint64_t kSector = 512;

// A disk at one moment, as a value: copies share what neither has changed since.
class ImageState {
 public:
  using Names = std::map<std::string, size_t>;
  // One call that changed names: applied as a whole. nullopt: the name goes.
  using Change = std::vector<std::pair<std::string, std::optional<size_t>>>;

  struct Node {
    bool directory = false;
    // Of a file. Every version of a sector has kSector bytes and differs from the others and from
    // what is durable.
    std::string durable;
    std::string current;
    std::map<uint64_t, std::vector<std::string>> versions;
    std::vector<uint64_t> sizes;  // since the last Sync, other than that of `durable`
    // Of a directory.
    Names names;
    Names durable_names;
    std::vector<Change> pending;
  };

  ImageState();

  const Node& node(size_t number) const { return *nodes_[number]; }
  size_t node_count() const { return nodes_.size(); }
  // nullopt when missing. "" is the root, node 0.
  std::optional<size_t> Find(absl::string_view path) const;

  size_t Add(Node node);
  // Of this state alone from now on.
  Node& Mutable(size_t number);

  static void Apply(const Change& change, Names& names);
  void Rename(size_t directory, Change change);

  void Write(size_t file, uint64_t offset, absl::string_view data);
  void Resize(size_t file, uint64_t size);
  void Sync(size_t file);
  void SyncDir(size_t directory);

  // Whether a power loss could take anything.
  bool HasPending() const;
  // Nothing that was not synced is there.
  ImageState WithoutPending() const;
  // Of the names and bytes that a process would read.
  Hash128 Digest() const;
  // The files that a process would see, by path.
  std::vector<std::pair<std::string, size_t>> Files() const;

 private:
  void NoteSector(Node& file, uint64_t sector);

  std::vector<std::shared_ptr<Node>> nodes_;  // never changed while shared
};

enum class DiskCall : uint8_t {
  kWrite,
  kSync,
  kAllocate,
  kTruncate,
  kRename,
  kRemove,
  kCreate,
  kCreateDir,
  kSyncDir
};
absl::string_view DiskCallName(DiskCall call);

class ImageDisk final : public env::Disk {
 public:
  // With a scheduler, each call lets other fibers go first, as a real disk's do.
  explicit ImageDisk(ImageState state, fiber::Scheduler* scheduler)
      : state_(std::move(state)), scheduler_(scheduler) {}

  // Called right before a call changes anything, and once more inside an Allocate, when the file
  // has grown and is not synced.
  std::function<void(DiskCall, const std::string& path)> before;

  const ImageState& state() const { return state_; }

  absl::StatusOr<std::unique_ptr<env::File>> Open(absl::string_view path,
                                                  env::OpenMode mode) override;
  absl::Status Rename(absl::string_view from, absl::string_view to) override;
  absl::Status Remove(absl::string_view path) override;
  absl::StatusOr<std::vector<std::string>> List(absl::string_view directory) override;
  absl::StatusOr<bool> Exists(absl::string_view path) override;
  absl::Status CreateDir(absl::string_view directory) override;
  absl::Status SyncDir(absl::string_view directory) override;
  std::string root() const override { return "/image"; }

 private:
  friend class ImageFile;

  absl::Status GiveWay();
  // Gives way, then tells `before`.
  absl::Status Begin(DiskCall call, const std::string& path);
  void Tell(DiskCall call, const std::string& path);
  struct Place {
    size_t directory = 0;
    std::string name;
  };
  absl::StatusOr<Place> Locate(absl::string_view path) const;

  ImageState state_;
  fiber::Scheduler* const scheduler_;
};

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_IMAGE_DISK_H_
