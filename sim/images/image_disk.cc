#include "sim/images/image_disk.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::images {
namespace {

absl::Status Missing(absl::string_view path) {
  return absl::NotFoundError(absl::StrCat(path, ": no such file or directory"));
}

}  // namespace

absl::string_view DiskCallName(DiskCall call) {
  constexpr absl::string_view kNames[] = {"write",  "sync",   "allocate",  "truncate", "rename",
                                          "remove", "create", "createdir", "syncdir"};
  return kNames[static_cast<size_t>(call)];
}

class ImageFile final : public env::File {
 public:
  ImageFile(ImageDisk& disk, std::string path, size_t node)
      : disk_(disk), path_(std::move(path)), node_(node) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer) override {
    KONSUL_RETURN_IF_ERROR(disk_.GiveWay());
    const std::string& bytes = disk_.state_.node(node_).current;
    if (offset >= bytes.size()) return size_t{0};
    return bytes.copy(buffer.data(), buffer.size(), offset);
  }
  absl::Status WriteAt(uint64_t offset, absl::string_view data) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(DiskCall::kWrite, path_));
    disk_.state_.Write(node_, offset, data);
    return absl::OkStatus();
  }
  absl::Status Sync() override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(DiskCall::kSync, path_));
    disk_.state_.Sync(node_);
    return absl::OkStatus();
  }
  absl::Status Allocate(uint64_t size) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(DiskCall::kAllocate, path_));
    if (size > disk_.state_.node(node_).current.size()) disk_.state_.Resize(node_, size);
    disk_.Tell(DiskCall::kAllocate, path_);
    disk_.state_.Sync(node_);
    return absl::OkStatus();
  }
  absl::Status Truncate(uint64_t size) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(DiskCall::kTruncate, path_));
    disk_.state_.Resize(node_, size);
    return absl::OkStatus();
  }
  absl::StatusOr<uint64_t> Size() override {
    KONSUL_RETURN_IF_ERROR(disk_.GiveWay());
    return disk_.state_.node(node_).current.size();
  }

 private:
  ImageDisk& disk_;
  const std::string path_;
  const size_t node_;
};

absl::Status ImageDisk::GiveWay() {
  return scheduler_ == nullptr ? absl::OkStatus() : scheduler_->Yield();
}

void ImageDisk::Tell(DiskCall call, const std::string& path) {
  if (before) before(call, path);
}

absl::Status ImageDisk::Begin(DiskCall call, const std::string& path) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  Tell(call, path);
  return absl::OkStatus();
}

absl::StatusOr<ImageDisk::Place> ImageDisk::Locate(absl::string_view path) const {
  const size_t slash = path.rfind('/');
  const bool nested = slash != absl::string_view::npos;
  const std::optional<size_t> parent = state_.Find(nested ? path.substr(0, slash) : "");
  if (!parent) return Missing(path);
  return Place{*parent, std::string(nested ? path.substr(slash + 1) : path)};
}

absl::StatusOr<std::unique_ptr<env::File>> ImageDisk::Open(absl::string_view path,
                                                           env::OpenMode mode) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  std::optional<size_t> number = state_.Find(path);
  if (number && mode == env::OpenMode::kCreateNew) {
    return absl::AlreadyExistsError(absl::StrCat(path, ": already exists"));
  }
  if (!number) {
    if (mode == env::OpenMode::kRead || mode == env::OpenMode::kReadWrite) return Missing(path);
    KONSUL_ASSIGN_OR_RETURN(const Place place, Locate(path));
    Tell(DiskCall::kCreate, std::string(path));
    number = state_.Add({});
    state_.Rename(place.directory, {{place.name, number}});
  }
  return std::make_unique<ImageFile>(*this, std::string(path), *number);
}

absl::Status ImageDisk::Rename(absl::string_view from, absl::string_view to) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  const std::optional<size_t> number = state_.Find(from);
  if (!number) return Missing(from);
  KONSUL_ASSIGN_OR_RETURN(const Place source, Locate(from));
  KONSUL_ASSIGN_OR_RETURN(const Place target, Locate(to));
  KONSUL_CHECK(source.directory == target.directory, "a rename between directories: ", from);
  Tell(DiskCall::kRename, std::string(from));
  state_.Rename(source.directory, {{target.name, number}, {source.name, std::nullopt}});
  return absl::OkStatus();
}

absl::Status ImageDisk::Remove(absl::string_view path) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  if (!state_.Find(path)) return Missing(path);
  KONSUL_ASSIGN_OR_RETURN(const Place place, Locate(path));
  Tell(DiskCall::kRemove, std::string(path));
  state_.Rename(place.directory, {{place.name, std::nullopt}});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ImageDisk::List(absl::string_view directory) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  const std::optional<size_t> number = state_.Find(directory);
  if (!number) return Missing(directory);
  std::vector<std::string> names;
  for (const auto& [name, node] : state_.node(*number).names) names.push_back(name);
  return names;
}

absl::StatusOr<bool> ImageDisk::Exists(absl::string_view path) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  return state_.Find(path).has_value();
}

absl::Status ImageDisk::CreateDir(absl::string_view directory) {
  KONSUL_RETURN_IF_ERROR(GiveWay());
  size_t at = 0;
  for (const absl::string_view part : absl::StrSplit(directory, '/', absl::SkipEmpty())) {
    const auto& names = state_.node(at).names;
    const auto it = names.find(std::string(part));
    if (it != names.end()) {
      at = it->second;
      continue;
    }
    Tell(DiskCall::kCreateDir, std::string(directory));
    const size_t child = state_.Add({.directory = true});
    state_.Rename(at, {{std::string(part), child}});
    at = child;
  }
  return absl::OkStatus();
}

absl::Status ImageDisk::SyncDir(absl::string_view directory) {
  KONSUL_RETURN_IF_ERROR(Begin(DiskCall::kSyncDir, std::string(directory)));
  const std::optional<size_t> number = state_.Find(directory);
  if (!number) return Missing(directory);
  state_.SyncDir(*number);
  return absl::OkStatus();
}

}  // namespace konsul::images
