// The disk as one process sees it.
#ifndef KONSUL_SIM_PROCESS_DISK_H_
#define KONSUL_SIM_PROCESS_DISK_H_

#include <memory>
#include <string>
#include <vector>

#include "core/env/disk.h"
#include "sim/disk_queue.h"
#include "sim/disk_store.h"
#include "sim/life.h"

namespace konsul::sim {

class ProcessDisk : public env::Disk {
 public:
  ProcessDisk(DiskStore& store, DiskQueue& queue, Life& life, std::string root)
      : store_(store), queue_(queue), life_(life), root_(std::move(root)) {}

  absl::StatusOr<std::unique_ptr<env::File>> Open(absl::string_view path,
                                                  env::OpenMode mode) override;
  absl::Status Rename(absl::string_view from, absl::string_view to) override;
  absl::Status Remove(absl::string_view path) override;
  absl::StatusOr<std::vector<std::string>> List(absl::string_view directory) override;
  absl::StatusOr<bool> Exists(absl::string_view path) override;
  absl::Status CreateDir(absl::string_view directory) override;
  absl::Status SyncDir(absl::string_view directory) override;
  std::string root() const override { return root_; }

 private:
  absl::Status Metadata(absl::string_view path, absl::FunctionRef<absl::Status()> change);

  DiskStore& store_;
  DiskQueue& queue_;
  Life& life_;
  const std::string root_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_PROCESS_DISK_H_
