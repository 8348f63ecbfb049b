// One process per data directory.
#ifndef KONSUL_NET_REACTOR_DIRECTORY_LOCK_H_
#define KONSUL_NET_REACTOR_DIRECTORY_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::reactor {

// Its name in the data directory. RealDisk neither lists nor opens it: it is not the node's.
inline constexpr absl::string_view kLockFileName = "LOCK";

// Held while it lives; the kernel lets go when the process dies, however it dies. The file LOCK
// stays: removing it would let two processes lock two files of one name.
class DirectoryLock {
 public:
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  friend absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectory(absl::string_view);
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

// Locks DIRECTORY/LOCK (flock) and writes our process id into it. FailedPrecondition "data
// directory X is in use by another process (pid N)". Blocks only as long as a small write does.
absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectory(absl::string_view directory);

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_DIRECTORY_LOCK_H_
