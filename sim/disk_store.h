// The files and names of one simulated disk, without the passing of time: every call here happens
// at once. What a power loss makes of names is in disk.h, of content in file_image.h.
#ifndef KONSUL_SIM_DISK_STORE_H_
#define KONSUL_SIM_DISK_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/disk.h"
#include "core/env/random.h"
#include "sim/file_image.h"

namespace konsul::sim {

// A file or a directory. Open files hold it too, so it may outlive its name.
struct DiskNode {
  using Names = std::map<std::string, std::shared_ptr<DiskNode>>;

  // One call that changed names of this directory; applied as a whole.
  struct Change {
    // Name and what it stands for from then on; null: nothing.
    std::vector<std::pair<std::string, std::shared_ptr<DiskNode>>> names;
    // A rename between two directories: the number both halves share, and the other half's place.
    uint64_t pair = 0;
    std::weak_ptr<DiskNode> other;
  };

  bool directory = false;
  FileImage image;
  Names names;
  Names durable_names;
  std::vector<Change> pending;  // made since the last SyncDir
};

class DiskStore {
 public:
  DiskStore() { Clear(); }

  absl::StatusOr<std::shared_ptr<DiskNode>> Open(absl::string_view path, env::OpenMode mode);
  absl::Status Rename(absl::string_view from, absl::string_view to);
  absl::Status Remove(absl::string_view path);
  absl::StatusOr<std::vector<std::string>> List(absl::string_view directory);
  bool Exists(absl::string_view path) const { return Find(path) != nullptr; }
  absl::Status CreateDir(absl::string_view directory);
  absl::Status SyncDir(absl::string_view directory);

  void PowerLoss(env::Random& random);
  void Clear();

  // Null when missing.
  std::shared_ptr<DiskNode> Find(absl::string_view path) const;
  // Files with a name, in the order of their paths.
  std::vector<std::string> Paths() const;
  // Bytes of the files that have a name.
  uint64_t used() const;

 private:
  struct Place {
    std::shared_ptr<DiskNode> parent;
    std::string name;
  };
  absl::StatusOr<Place> Locate(absl::string_view path) const;
  absl::StatusOr<std::shared_ptr<DiskNode>> FindDirectory(absl::string_view path) const;
  static void Apply(const DiskNode::Change& change, DiskNode::Names& names);
  static void Commit(DiskNode& directory);
  static void LoseNames(DiskNode& directory, const std::map<const DiskNode*, size_t>& kept,
                        const std::set<uint64_t>& lost_pairs);

  std::shared_ptr<DiskNode> root_;
  uint64_t next_pair_ = 1;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_DISK_STORE_H_
