// Bytes that come once, in order: a file, a reply.
#ifndef KONSUL_CMD_KONSULCTL_BYTE_SOURCE_H_
#define KONSUL_CMD_KONSULCTL_BYTE_SOURCE_H_

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "cmd/konsulctl/progress.h"

namespace konsul::ctl {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Appends what comes next, at least a byte; false at the end. May suspend.
  virtual absl::StatusOr<bool> Read(std::string& out) = 0;
  // Of all of it, where that is known before.
  virtual std::optional<uint64_t> size() const = 0;
};

// A file on this machine, with a progress line while it is read. Blocks.
class FileSource final : public ByteSource {
 public:
  // NotFound names the file.
  static absl::StatusOr<std::unique_ptr<ByteSource>> Open(const std::string& path);

  absl::StatusOr<bool> Read(std::string& out) override;
  std::optional<uint64_t> size() const override { return size_; }

 private:
  FileSource(const std::string& path, std::ifstream file, uint64_t size);

  const std::string path_;
  std::ifstream file_;
  const uint64_t size_;
  uint64_t read_ = 0;
  Progress progress_;
};

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_BYTE_SOURCE_H_
