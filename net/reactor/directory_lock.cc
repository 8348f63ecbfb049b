#include "net/reactor/directory_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {

DirectoryLock::~DirectoryLock() { close(fd_); }

absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectory(absl::string_view directory) {
  const std::string path = absl::StrCat(directory, "/", kLockFileName);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return FileError("open", path, errno);
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(fd));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return FileError("lock", path, errno);
    char text[32];
    const ssize_t got = pread(fd, text, sizeof(text), 0);
    const absl::string_view pid =
        absl::StripAsciiWhitespace(absl::string_view(text, got > 0 ? static_cast<size_t>(got) : 0));
    return absl::FailedPreconditionError(absl::StrCat("data directory ", directory,
                                                      " is in use by another process (pid ",
                                                      pid.empty() ? "unknown" : pid, ")"));
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return FileError("write", path, errno);
  }
  return lock;
}

}  // namespace konsul::reactor
