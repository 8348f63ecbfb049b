#include "cmd/konsulctl/byte_source.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace konsul::ctl {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

absl::Status CannotRead(const std::string& path, const std::string& why) {
  return absl::NotFoundError(absl::StrCat(path, ": cannot read it: ", why));
}

}  // namespace

FileSource::FileSource(const std::string& path, std::ifstream file, uint64_t size)
    : path_(path),
      file_(std::move(file)),
      size_(size),
      progress_(absl::StrCat("Reading ", path), size) {}

absl::StatusOr<std::unique_ptr<ByteSource>> FileSource::Open(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return CannotRead(path, "it is a directory");
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return CannotRead(path, error.message());
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return CannotRead(path, std::strerror(errno));
  return absl::WrapUnique<ByteSource>(new FileSource(path, std::move(file), size));
}

absl::StatusOr<bool> FileSource::Read(std::string& out) {
  const size_t have = out.size();
  out.resize(have + kPieceBytes);
  file_.read(out.data() + have, kPieceBytes);
  const auto got = static_cast<size_t>(file_.gcount());
  out.resize(have + got);
  if (file_.bad()) return CannotRead(path_, std::strerror(errno));
  read_ += got;
  progress_.Update(read_);
  return got > 0;
}

}  // namespace konsul::ctl
