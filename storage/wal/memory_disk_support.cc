#include "storage/wal/memory_disk_support.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::wal {
namespace {

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

absl::Status Missing(absl::string_view path) {
  return absl::NotFoundError(absl::StrCat(path, ": no such file"));
}

}  // namespace

class MemoryFile final : public env::File {
 public:
  MemoryFile(MemoryDisk& disk, std::string path, std::shared_ptr<MemoryDisk::Inode> inode)
      : disk_(disk), path_(std::move(path)), inode_(std::move(inode)) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(MemoryDisk::Call::kRead, path_));
    if (offset >= inode_->current.size()) return 0;
    return inode_->current.copy(buffer.data(), buffer.size(), offset);
  }

  absl::Status WriteAt(uint64_t offset, absl::string_view data) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(MemoryDisk::Call::kWrite, path_));
    if (data.empty()) return absl::OkStatus();
    KONSUL_RETURN_IF_ERROR(Grow(offset + data.size()));
    std::memcpy(inode_->current.data() + offset, data.data(), data.size());
    MarkDirty(offset, offset + data.size());
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(MemoryDisk::Call::kSync, path_));
    inode_->durable.resize(inode_->current.size());
    for (uint64_t sector : inode_->dirty) {
      const uint64_t begin = sector * MemoryDisk::kSectorBytes;
      if (begin >= inode_->current.size()) continue;
      const size_t size =
          std::min<size_t>(MemoryDisk::kSectorBytes, inode_->current.size() - begin);
      inode_->durable.replace(begin, size, inode_->current, begin, size);
    }
    inode_->dirty.clear();
    return absl::OkStatus();
  }

  absl::Status Allocate(uint64_t size) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(MemoryDisk::Call::kAllocate, path_));
    const uint64_t old = inode_->current.size();
    if (size > old) {
      KONSUL_RETURN_IF_ERROR(Grow(size));
      MarkDirty(old, size);
    }
    return Sync();
  }

  absl::Status Truncate(uint64_t size) override {
    KONSUL_RETURN_IF_ERROR(disk_.Begin(MemoryDisk::Call::kTruncate, path_));
    inode_->current.resize(size);
    return Sync();
  }

  absl::StatusOr<uint64_t> Size() override { return inode_->current.size(); }

 private:
  absl::Status Grow(uint64_t size) {
    if (size <= inode_->current.size()) return absl::OkStatus();
    if (disk_.UsedBytes() + size - inode_->current.size() > disk_.capacity) {
      return absl::ResourceExhaustedError(absl::StrCat(path_, ": no space left on device"));
    }
    inode_->current.resize(size);
    return absl::OkStatus();
  }
  void MarkDirty(uint64_t begin, uint64_t end) {
    for (uint64_t s = begin / MemoryDisk::kSectorBytes; s * MemoryDisk::kSectorBytes < end; ++s) {
      inode_->dirty.insert(s);
    }
  }

  MemoryDisk& disk_;
  const std::string path_;
  const std::shared_ptr<MemoryDisk::Inode> inode_;
};

MemoryDisk::MemoryDisk(fiber::Scheduler* scheduler) : scheduler_(scheduler) {}

absl::Status MemoryDisk::Begin(Call call, const std::string& path) {
  if (scheduler_ != nullptr && scheduler_->current() != nullptr) {
    KONSUL_RETURN_IF_ERROR(scheduler_->Yield());
  }
  return before ? before(call, path) : absl::OkStatus();
}

std::vector<MemoryDisk::Sector> MemoryDisk::Unsynced() const {
  std::vector<Sector> sectors;
  for (const auto& [path, inode] : names_) {
    for (uint64_t number : inode->dirty) sectors.push_back({path, number});
  }
  return sectors;
}

std::unique_ptr<MemoryDisk> MemoryDisk::AfterPowerLoss(const std::vector<bool>& keep,
                                                       size_t names) const {
  std::map<const Inode*, std::shared_ptr<Inode>> copies;
  size_t next = 0;
  for (const auto& [path, inode] : names_) {
    auto copy = std::make_shared<Inode>();
    copy->is_directory = inode->is_directory;
    std::string& bytes = copy->durable;
    bytes = inode->durable;
    for (uint64_t sector : inode->dirty) {
      if (!keep[next++]) continue;
      const uint64_t begin = sector * kSectorBytes;
      const uint64_t end = std::min<uint64_t>(begin + kSectorBytes, inode->current.size());
      if (bytes.size() < end) bytes.resize(end);
      bytes.replace(begin, end - begin, inode->current, begin, end - begin);
    }
    copy->current = bytes;
    copies[inode.get()] = copy;
  }

  Names left = durable_names_;
  for (size_t i = 0; i < names; ++i) Apply(name_changes_[i], left);
  auto disk = std::make_unique<MemoryDisk>(scheduler_);
  for (const auto& [path, inode] : left) {
    if (Parent(path) != "" && left.count(Parent(path)) == 0) continue;
    std::shared_ptr<Inode>& copy = copies[inode.get()];
    if (copy == nullptr) {  // its name is gone already, but not durably
      copy = std::make_shared<Inode>(*inode);
      copy->current = copy->durable;
      copy->dirty.clear();
    }
    disk->names_[path] = copy;
  }
  disk->durable_names_ = disk->names_;
  return disk;
}

std::unique_ptr<MemoryDisk> MemoryDisk::Clone() const {
  std::map<const Inode*, std::shared_ptr<Inode>> copies;
  const auto copy = [&](const std::shared_ptr<Inode>& inode) {
    if (inode == nullptr) return inode;
    std::shared_ptr<Inode>& twin = copies[inode.get()];
    if (twin == nullptr) twin = std::make_shared<Inode>(*inode);
    return twin;
  };
  auto disk = std::make_unique<MemoryDisk>(scheduler_);
  for (const auto& [path, inode] : names_) disk->names_[path] = copy(inode);
  for (const auto& [path, inode] : durable_names_) disk->durable_names_[path] = copy(inode);
  for (const NameChange& change : name_changes_) {
    disk->name_changes_.push_back({change.path, copy(change.inode), change.from});
  }
  return disk;
}

void MemoryDisk::ForgetDirty() {
  for (const auto& [path, inode] : names_) inode->dirty.clear();
}

std::map<std::string, std::string> MemoryDisk::Files() const {
  std::map<std::string, std::string> files;
  for (const auto& [path, inode] : names_) {
    if (!inode->is_directory) files[path] = inode->current;
  }
  return files;
}

void MemoryDisk::Put(const std::string& path, const std::string& bytes) {
  if (const std::string parent = Parent(path); parent != "" && names_.count(parent) == 0) {
    auto directory = std::make_shared<Inode>();
    directory->is_directory = true;
    names_[parent] = durable_names_[parent] = directory;
  }
  auto inode = std::make_shared<Inode>();
  inode->durable = inode->current = bytes;
  names_[path] = durable_names_[path] = inode;
}

absl::StatusOr<std::unique_ptr<env::File>> MemoryDisk::Open(absl::string_view path,
                                                            env::OpenMode mode) {
  const std::string key(path);
  KONSUL_RETURN_IF_ERROR(Begin(Call::kOpen, key));
  const bool creates = mode == env::OpenMode::kCreate || mode == env::OpenMode::kCreateNew;
  const auto found = names_.find(key);
  if (found != names_.end()) {
    if (mode == env::OpenMode::kCreateNew) return absl::AlreadyExistsError(path);
    return std::make_unique<MemoryFile>(*this, key, found->second);
  }
  if (!creates || (Parent(key) != "" && names_.count(Parent(key)) == 0)) return Missing(path);
  Change({key, std::make_shared<Inode>(), ""});
  return std::make_unique<MemoryFile>(*this, key, names_[key]);
}

absl::Status MemoryDisk::Rename(absl::string_view from, absl::string_view to) {
  KONSUL_RETURN_IF_ERROR(Begin(Call::kRename, std::string(to)));
  const auto found = names_.find(std::string(from));
  if (found == names_.end()) return Missing(from);
  Change({std::string(to), found->second, std::string(from)});
  return absl::OkStatus();
}

absl::Status MemoryDisk::Remove(absl::string_view path) {
  KONSUL_RETURN_IF_ERROR(Begin(Call::kRemove, std::string(path)));
  if (names_.count(std::string(path)) == 0) return Missing(path);
  Change({std::string(path), nullptr, ""});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> MemoryDisk::List(absl::string_view directory) {
  KONSUL_RETURN_IF_ERROR(Begin(Call::kList, std::string(directory)));
  if (!directory.empty() && names_.count(std::string(directory)) == 0) return Missing(directory);
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (Parent(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<bool> MemoryDisk::Exists(absl::string_view path) {
  KONSUL_RETURN_IF_ERROR(Begin(Call::kList, std::string(path)));
  return names_.count(std::string(path)) > 0;
}

absl::Status MemoryDisk::CreateDir(absl::string_view directory) {
  KONSUL_RETURN_IF_ERROR(Begin(Call::kCreateDir, std::string(directory)));
  if (names_.count(std::string(directory)) > 0) return absl::OkStatus();
  auto inode = std::make_shared<Inode>();
  inode->is_directory = true;
  Change({std::string(directory), inode, ""});
  return absl::OkStatus();
}

absl::Status MemoryDisk::SyncDir(absl::string_view directory) {
  KONSUL_RETURN_IF_ERROR(Begin(Call::kSyncDir, std::string(directory)));
  std::vector<NameChange> later;
  for (const NameChange& change : name_changes_) {
    if (Parent(change.path) == directory) {
      Apply(change, durable_names_);
    } else {
      later.push_back(change);
    }
  }
  name_changes_ = std::move(later);
  return absl::OkStatus();
}

void MemoryDisk::Change(NameChange change) {
  Apply(change, names_);
  name_changes_.push_back(std::move(change));
}

void MemoryDisk::Apply(const NameChange& change, Names& names) {
  if (!change.from.empty()) names.erase(change.from);
  if (change.inode == nullptr) {
    names.erase(change.path);
  } else {
    names[change.path] = change.inode;
  }
}

uint64_t MemoryDisk::UsedBytes() const {
  uint64_t bytes = 0;
  for (const auto& [path, inode] : names_) bytes += inode->current.size();
  return bytes;
}

}  // namespace konsul::wal
