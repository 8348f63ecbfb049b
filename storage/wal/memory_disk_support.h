// An env::Disk in memory for the tests and the fuzz target of this folder. It keeps what a power
// loss cannot take apart from what it can, so that a test can look at every image that one might
// leave.
//
// Model: content becomes durable by Sync, in sectors of 512 bytes, each of which is wholly old or
// wholly new after a power loss, in any combination; a file's size lasts as far as its last kept
// sector. Names become durable by SyncDir; after a power loss a prefix of the later changes is
// there. Not modelled: intermediate versions of a sector that is written twice between syncs, and
// sectors that turn into garbage.
#ifndef KONSUL_STORAGE_WAL_MEMORY_DISK_SUPPORT_H_
#define KONSUL_STORAGE_WAL_MEMORY_DISK_SUPPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/env/disk.h"
#include "core/fiber/scheduler.h"

namespace konsul::wal {

class MemoryDisk final : public env::Disk {
 public:
  static constexpr uint64_t kSectorBytes = 512;

  enum class Call {
    kOpen,
    kRead,
    kWrite,
    kSync,
    kAllocate,
    kTruncate,
    kRename,
    kRemove,
    kList,
    kCreateDir,
    kSyncDir
  };

  // With a scheduler, each call lets other fibers go first, as a real disk's do.
  explicit MemoryDisk(fiber::Scheduler* scheduler = nullptr);

  // Called before a call takes effect. An error becomes the call's answer, and nothing is done; a
  // failed Sync makes nothing durable.
  std::function<absl::Status(Call, const std::string& path)> before;
  // Of all files together.
  uint64_t capacity = ~0ull;

  // What a power loss might leave, without hook and faults: the sectors of Unsynced() for which
  // `keep` is true, and the first `names` of unsynced_names() changes.
  struct Sector {
    std::string path;
    uint64_t number = 0;
  };
  std::vector<Sector> Unsynced() const;
  size_t unsynced_names() const { return name_changes_.size(); }
  std::unique_ptr<MemoryDisk> AfterPowerLoss(const std::vector<bool>& keep, size_t names) const;
  // The same disk once more, as it stands, without hook and faults.
  std::unique_ptr<MemoryDisk> Clone() const;

  // As a kernel does after a failed sync: unsynced bytes are still shown, but no Sync will write
  // them any more.
  void ForgetDirty();

  // Files without a fiber: a copy of what is there; and to put bytes there, durable at once.
  std::map<std::string, std::string> Files() const;
  void Put(const std::string& path, const std::string& bytes);

  absl::StatusOr<std::unique_ptr<env::File>> Open(absl::string_view path,
                                                  env::OpenMode mode) override;
  absl::Status Rename(absl::string_view from, absl::string_view to) override;
  absl::Status Remove(absl::string_view path) override;
  absl::StatusOr<std::vector<std::string>> List(absl::string_view directory) override;
  absl::StatusOr<bool> Exists(absl::string_view path) override;
  absl::Status CreateDir(absl::string_view directory) override;
  absl::Status SyncDir(absl::string_view directory) override;
  std::string root() const override { return "/memory"; }

 private:
  friend class MemoryFile;

  struct Inode {
    bool is_directory = false;
    std::string durable;
    std::string current;
    std::set<uint64_t> dirty;  // sectors of `current` that are not durable
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  // `inode` null: the name goes away.
  struct NameChange {
    std::string path;
    std::shared_ptr<Inode> inode;
    // A rename: this name goes away in the same moment.
    std::string from;
  };

  absl::Status Begin(Call call, const std::string& path);
  void Change(NameChange change);
  static void Apply(const NameChange& change, Names& names);
  uint64_t UsedBytes() const;

  fiber::Scheduler* scheduler_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> name_changes_;
};

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_MEMORY_DISK_SUPPORT_H_
