#include "net/reactor/disk.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"
#include "net/reactor/directory_lock.h"
#include "net/reactor/file.h"
#include "net/reactor/file_system.h"

namespace konsul::reactor {

absl::StatusOr<std::unique_ptr<RealDisk>> RealDisk::Create(Reactor& reactor, IoPool& pool,
                                                           absl::string_view root) {
  KONSUL_ASSIGN_OR_RETURN(std::string path, MakeRootDirectory(root));
  return std::unique_ptr<RealDisk>(new RealDisk(reactor, pool, std::move(path)));
}

absl::StatusOr<std::string> RealDisk::Resolve(absl::string_view path) {
  if (reactor_.scheduler().cancelled()) return absl::CancelledError("fiber cancelled");
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return absl::InvalidArgumentError(absl::StrCat("\"", path, "\" is not a path below ", root_));
    }
  }
  if (path == kLockFileName) {
    return absl::InvalidArgumentError(absl::StrCat(root_, "/", path, " is the directory's lock"));
  }
  return absl::StrCat(root_, "/", path);
}

absl::StatusOr<std::string> RealDisk::ResolveDirectory(absl::string_view directory) {
  if (!directory.empty()) return Resolve(directory);
  if (reactor_.scheduler().cancelled()) return absl::CancelledError("fiber cancelled");
  return root_;
}

absl::StatusOr<std::unique_ptr<env::File>> RealDisk::Open(absl::string_view path,
                                                          env::OpenMode mode) {
  KONSUL_ASSIGN_OR_RETURN(std::string full, Resolve(path));
  KONSUL_ASSIGN_OR_RETURN(const int fd, pool_.Run([&] { return OpenFile(full, mode); }));
  return std::unique_ptr<env::File>(new RealFile(reactor_, pool_, fd, std::move(full)));
}

absl::Status RealDisk::Rename(absl::string_view from, absl::string_view to) {
  KONSUL_ASSIGN_OR_RETURN(const std::string full_from, Resolve(from));
  KONSUL_ASSIGN_OR_RETURN(const std::string full_to, Resolve(to));
  return pool_.Run([&] { return RenameFile(full_from, full_to); });
}

absl::Status RealDisk::Remove(absl::string_view path) {
  KONSUL_ASSIGN_OR_RETURN(const std::string full, Resolve(path));
  return pool_.Run([&] { return RemoveFile(full); });
}

absl::StatusOr<std::vector<std::string>> RealDisk::List(absl::string_view directory) {
  KONSUL_ASSIGN_OR_RETURN(const std::string full, ResolveDirectory(directory));
  auto names = pool_.Run([&] { return ListDirectory(full); });
  if (names.ok() && directory.empty()) {
    names->erase(std::remove(names->begin(), names->end(), kLockFileName), names->end());
  }
  return names;
}

absl::StatusOr<bool> RealDisk::Exists(absl::string_view path) {
  KONSUL_ASSIGN_OR_RETURN(const std::string full, ResolveDirectory(path));
  return pool_.Run([&] { return FileExists(full); });
}

absl::Status RealDisk::CreateDir(absl::string_view directory) {
  KONSUL_ASSIGN_OR_RETURN(const std::string full, ResolveDirectory(directory));
  return pool_.Run([&] { return MakeDirectories(full); });
}

absl::Status RealDisk::SyncDir(absl::string_view directory) {
  KONSUL_ASSIGN_OR_RETURN(const std::string full, ResolveDirectory(directory));
  return pool_.Run([&] { return SyncDirectory(full); });
}

}  // namespace konsul::reactor
