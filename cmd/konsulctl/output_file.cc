#include "cmd/konsulctl/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

std::string TemporaryOf(const std::string& path) { return path + ".tmp"; }

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

// Of the directory that holds it: that the name is there after a power loss.
absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const std::string directory = parent.empty() ? "." : parent;
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("open", directory);
  const absl::Status status = fsync(fd) == 0 ? absl::OkStatus() : Failed("sync", directory);
  close(fd);
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path) {
  const std::string temporary = TemporaryOf(path);
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("write", temporary);
  return absl::WrapUnique(new OutputFile(path, fd));
}

OutputFile::OutputFile(std::string path, int fd)
    : path_(std::move(path)), temporary_(TemporaryOf(path_)), fd_(fd) {}

OutputFile::~OutputFile() {
  close(fd_);
  if (!published_) unlink(temporary_.c_str());
}

absl::Status OutputFile::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", temporary_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status OutputFile::Publish() {
  if (fsync(fd_) != 0) return Failed("sync", temporary_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return Failed("rename it to", path_);
  published_ = true;
  return SyncDirectoryOf(path_);
}

}  // namespace konsul::ctl
