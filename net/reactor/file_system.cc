#include "net/reactor/file_system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
struct Free {
  void operator()(char* text) const { free(text); }
};

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsDirectory(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// `sync_parents`: also makes the new names durable.
absl::Status MakeDirectories(const std::string& path, bool sync_parents) {
  if (mkdir(path.c_str(), kDirectoryMode) != 0) {
    if (errno == EEXIST && IsDirectory(path)) return absl::OkStatus();
    const int error = errno;
    if (error == EEXIST) return FileError("create directory", path, ENOTDIR);
    if (error != ENOENT) return FileError("create directory", path, error);
    const std::string parent = Parent(path);
    if (parent == path) return FileError("create directory", path, error);
    KONSUL_RETURN_IF_ERROR(MakeDirectories(parent, sync_parents));
    if (mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
      return FileError("create directory", path, errno);
    }
  }
  return sync_parents ? SyncDirectory(Parent(path)) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> MakeRootDirectory(absl::string_view root) {
  const std::string path(root);
  if (path.empty()) return absl::InvalidArgumentError("the data directory has no name");
  KONSUL_RETURN_IF_ERROR(MakeDirectories(path, /*sync_parents=*/true));
  const std::unique_ptr<char, Free> absolute(realpath(path.c_str(), nullptr));
  if (absolute == nullptr) return FileError("resolve", path, errno);
  if (access(absolute.get(), R_OK | W_OK | X_OK) != 0) {
    return FileError("use data directory", absolute.get(), errno);
  }
  return std::string(absolute.get());
}

absl::StatusOr<int> OpenFile(const std::string& path, env::OpenMode mode) {
  int flags = O_CLOEXEC;
  switch (mode) {
    case env::OpenMode::kRead:
      flags |= O_RDONLY;
      break;
    case env::OpenMode::kReadWrite:
      flags |= O_RDWR;
      break;
    case env::OpenMode::kCreate:
      flags |= O_RDWR | O_CREAT;
      break;
    case env::OpenMode::kCreateNew:
      flags |= O_RDWR | O_CREAT | O_EXCL;
      break;
  }
  int fd = -1;
  do {
    fd = open(path.c_str(), flags, kFileMode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return FileError("open", path, errno);
  struct stat info;
  if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    close(fd);
    return FileError("open", path, EISDIR);
  }
  return fd;
}

absl::Status RenameFile(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return FileError("rename", absl::StrCat(from, " to ", to), errno);
}

absl::Status RemoveFile(const std::string& path) {
  return remove(path.c_str()) == 0 ? absl::OkStatus() : FileError("remove", path, errno);
}

absl::Status RemoveTree(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : FileError("remove", path, errno);
  }
  if (S_ISDIR(info.st_mode)) {
    KONSUL_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(path));
    for (const std::string& name : names) {
      KONSUL_RETURN_IF_ERROR(RemoveTree(absl::StrCat(path, "/", name)));
    }
  }
  return RemoveFile(path);
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(path.c_str()));
  if (directory == nullptr) return FileError("list", path, errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  if (errno != 0) return FileError("list", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<bool> FileExists(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return FileError("look for", path, errno);
}

absl::Status MakeDirectories(const std::string& path) {
  return MakeDirectories(path, /*sync_parents=*/false);
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return FileError("open directory", path, errno);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return error == 0 ? absl::OkStatus() : FileError("sync directory", path, error);
}

}  // namespace konsul::reactor
