// One open file of a RealDisk.
#ifndef KONSUL_NET_REACTOR_FILE_H_
#define KONSUL_NET_REACTOR_FILE_H_

#include <string>

#include "core/env/disk.h"
#include "net/reactor/io_pool.h"

namespace konsul::reactor {

// Suspends as env::File says; the work runs on an I/O thread.
class RealFile final : public env::File {
 public:
  // Takes `fd`. `path` is for messages.
  RealFile(Reactor& reactor, IoPool& pool, int fd, std::string path);
  ~RealFile() override;  // does not wait for the closing

  absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer) override;
  absl::Status WriteAt(uint64_t offset, absl::string_view data) override;
  absl::Status Sync() override;
  absl::Status Allocate(uint64_t size) override;
  absl::Status Truncate(uint64_t size) override;
  absl::StatusOr<uint64_t> Size() override;

 private:
  absl::Status Cancelled() const;

  // Blocking, on an I/O thread.
  absl::StatusOr<size_t> ReadBlocking(uint64_t offset, absl::Span<char> buffer) const;
  absl::Status WriteBlocking(uint64_t offset, absl::string_view data) const;
  absl::Status AllocateBlocking(uint64_t size) const;
  absl::Status FillWithZeros(uint64_t begin, uint64_t end) const;
  absl::Status Error(absl::string_view operation, int error) const;

  Reactor& reactor_;
  IoPool& pool_;
  const int fd_;
  const std::string path_;
};

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_FILE_H_
