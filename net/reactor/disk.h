// env::Disk on the kernel's file system.
//
// Whatever may block runs on an I/O thread, with one exception: small reads that the page cache can
// answer (preadv2 with RWF_NOWAIT) are done at once, because two thread switches would cost more.
#ifndef KONSUL_NET_REACTOR_DISK_H_
#define KONSUL_NET_REACTOR_DISK_H_

#include <memory>
#include <string>
#include <vector>

#include "core/env/disk.h"
#include "net/reactor/io_pool.h"

namespace konsul::reactor {

// Paths must be relative, without empty, "." or ".." parts: InvalidArgument otherwise, as for a
// path that is too long. Beside the errors of core/env/disk.h: FailedPrecondition where a file is
// found instead of a directory or the reverse, or a directory to remove is not empty. Messages name
// the full path and the kernel's reason. An operation under way when its fiber is cancelled ends
// and gives its true result.
class RealDisk final : public env::Disk {
 public:
  // Makes `root` (parents included, mode 0700) when missing. Blocks the thread; for start-up.
  // `reactor` and `pool` must outlive the disk.
  static absl::StatusOr<std::unique_ptr<RealDisk>> Create(Reactor& reactor, IoPool& pool,
                                                          absl::string_view root);

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
  RealDisk(Reactor& reactor, IoPool& pool, std::string root)
      : reactor_(reactor), pool_(pool), root_(std::move(root)) {}

  // The full path; the fiber must not be cancelled.
  absl::StatusOr<std::string> Resolve(absl::string_view path);
  absl::StatusOr<std::string> ResolveDirectory(absl::string_view directory);

  Reactor& reactor_;
  IoPool& pool_;
  std::string root_;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_DISK_H_
