#include "net/reactor/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/status.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {
namespace {

// Larger reads are left to an I/O thread even when cached: copying them would hold up the loop.
constexpr size_t kInlineRead = 64 * 1024;
constexpr uint64_t kZeroChunk = 1024 * 1024;

// The last reference to a removed file frees its blocks, which takes time.
class CloseJob final : public Job {
 public:
  explicit CloseJob(int fd) : fd_(fd) {}
  void Work() override { close(fd_); }
  void Deliver() override { delete this; }

 private:
  int fd_;
};

}  // namespace

RealFile::RealFile(Reactor& reactor, IoPool& pool, int fd, std::string path)
    : reactor_(reactor), pool_(pool), fd_(fd), path_(std::move(path)) {}

RealFile::~RealFile() { pool_.Submit(new CloseJob(fd_)); }

absl::StatusOr<size_t> RealFile::ReadAt(uint64_t offset, absl::Span<char> buffer) {
  KONSUL_RETURN_IF_ERROR(reactor_.GiveWay());
  if (buffer.size() <= kInlineRead) {
    const iovec where{buffer.data(), buffer.size()};
    const ssize_t got = preadv2(fd_, &where, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    // A short answer may be the end of the file or of what is cached; the I/O thread finds out.
    if (got == static_cast<ssize_t>(buffer.size())) return buffer.size();
  }
  return pool_.Run([&] { return ReadBlocking(offset, buffer); });
}

absl::Status RealFile::WriteAt(uint64_t offset, absl::string_view data) {
  KONSUL_RETURN_IF_ERROR(Cancelled());
  return pool_.Run([&] { return WriteBlocking(offset, data); });
}

absl::Status RealFile::Sync() {
  KONSUL_RETURN_IF_ERROR(Cancelled());
  return pool_.Run([&] { return fdatasync(fd_) == 0 ? absl::OkStatus() : Error("sync", errno); });
}

absl::Status RealFile::Allocate(uint64_t size) {
  KONSUL_RETURN_IF_ERROR(Cancelled());
  return pool_.Run([&] { return AllocateBlocking(size); });
}

absl::Status RealFile::Truncate(uint64_t size) {
  KONSUL_RETURN_IF_ERROR(Cancelled());
  return pool_.Run([&] {
    if (ftruncate(fd_, static_cast<off_t>(size)) == 0) return absl::OkStatus();
    const int error = errno;
    // ftruncate calls this invalid, where the others say that the descriptor is bad.
    const bool reading = (fcntl(fd_, F_GETFL) & O_ACCMODE) == O_RDONLY;
    return Error("truncate", error == EINVAL && reading ? EBADF : error);
  });
}

absl::StatusOr<uint64_t> RealFile::Size() {
  KONSUL_RETURN_IF_ERROR(Cancelled());
  struct stat info;  // of an open file the kernel knows it without asking the disk
  if (fstat(fd_, &info) != 0) return Error("size of", errno);
  return static_cast<uint64_t>(info.st_size);
}

absl::Status RealFile::Cancelled() const {
  return reactor_.scheduler().cancelled() ? absl::CancelledError("fiber cancelled")
                                          : absl::OkStatus();
}

absl::StatusOr<size_t> RealFile::ReadBlocking(uint64_t offset, absl::Span<char> buffer) const {
  size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t got =
        pread(fd_, buffer.data() + done, buffer.size() - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      return Error("read", errno);
    }
  }
  return done;
}

absl::Status RealFile::WriteBlocking(uint64_t offset, absl::string_view data) const {
  while (!data.empty()) {
    const ssize_t put = pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
    if (put >= 0) {
      offset += static_cast<uint64_t>(put);
      data.remove_prefix(static_cast<size_t>(put));
    } else if (errno != EINTR) {
      return Error("write", errno);
    }
  }
  return absl::OkStatus();
}

absl::Status RealFile::AllocateBlocking(uint64_t size) const {
  struct stat info;
  if (fstat(fd_, &info) != 0) return Error("size of", errno);
  const auto old_size = static_cast<uint64_t>(info.st_size);
  if (size < old_size) return Error("allocate less than the size of", EINVAL);
  // First the reservation, in one piece and failing early, for holes of the old part too; where
  // the file system has none, the zeros alone must do. Reserved is not yet written: the first write
  // to such a block still changes metadata, hence the real zeros.
  if (size > 0 && fallocate(fd_, 0, 0, static_cast<off_t>(size)) != 0 && errno != EOPNOTSUPP &&
      errno != ENOSYS) {
    return Error("allocate", errno);
  }
  absl::Status status = FillWithZeros(old_size, size);
  if (status.ok() && fdatasync(fd_) != 0) status = Error("sync", errno);
  if (!status.ok()) {
    [[maybe_unused]] const int ignored = ftruncate(fd_, info.st_size);  // gives the space back
  }
  return status;
}

absl::Status RealFile::FillWithZeros(uint64_t begin, uint64_t end) const {
  const std::string zeros(std::min(kZeroChunk, end - begin), '\0');
  while (begin < end) {
    const uint64_t chunk = std::min<uint64_t>(zeros.size(), end - begin);
    KONSUL_RETURN_IF_ERROR(WriteBlocking(begin, absl::string_view(zeros).substr(0, chunk)));
    begin += chunk;
  }
  return absl::OkStatus();
}

absl::Status RealFile::Error(absl::string_view operation, int error) const {
  return FileError(operation, path_, error);
}

}  // namespace konsul::reactor
