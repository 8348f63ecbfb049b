#include "sim/process_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::sim {
namespace {

class SimFile : public env::File {
 public:
  SimFile(DiskStore& store, DiskQueue& queue, Life& life, std::string path,
          std::shared_ptr<DiskNode> node, bool writable)
      : store_(store),
        queue_(queue),
        life_(life),
        path_(std::move(path)),
        node_(std::move(node)),
        writable_(writable) {}

  absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer) override;
  absl::Status WriteAt(uint64_t offset, absl::string_view data) override;
  absl::Status Sync() override;
  absl::Status Allocate(uint64_t size) override;
  absl::Status Truncate(uint64_t size) override;
  absl::StatusOr<uint64_t> Size() override;

 private:
  absl::Status CheckWritable() const;
  // ResourceExhausted when a file of `size` bytes does not fit.
  absl::Status CheckSpace(uint64_t size) const;

  DiskStore& store_;
  DiskQueue& queue_;
  Life& life_;
  const std::string path_;
  const std::shared_ptr<DiskNode> node_;
  const bool writable_;
};

absl::Status SimFile::CheckWritable() const {
  if (writable_) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(path_, ": opened for reading"));
}

absl::Status SimFile::CheckSpace(uint64_t size) const {
  const uint64_t present = node_->image.size();
  if (size <= present || store_.used() + (size - present) <= queue_.options().capacity) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat(path_, ": no space left on device"));
}

absl::StatusOr<size_t> SimFile::ReadAt(uint64_t offset, absl::Span<char> buffer) {
  size_t read = 0;
  KONSUL_RETURN_IF_ERROR(
      queue_.Run(life_, {kDiskRead, path_, offset + buffer.size()}, [&](const DiskOutcome& how) {
        if (!how.failed) read = node_->image.Read(offset, buffer);
        return absl::OkStatus();
      }));
  return read;
}

absl::Status SimFile::WriteAt(uint64_t offset, absl::string_view data) {
  KONSUL_RETURN_IF_ERROR(CheckWritable());
  const DiskRequest request{kDiskWrite, path_, HashContent(data, offset), data.size()};
  return queue_.Run(life_, request, [&](const DiskOutcome& how) {
    FileImage& image = node_->image;
    const absl::string_view part = data.substr(0, std::min<uint64_t>(how.limit, data.size()));
    int64_t at = static_cast<int64_t>(offset);
    if (how.misplaced_by != 0) {
      const int64_t moved = at + how.misplaced_by * static_cast<int64_t>(FileImage::kSector);
      const int64_t end = moved + static_cast<int64_t>(part.size());
      // Within the file: a device does not know where files end, but growth would give it away.
      if (moved >= 0 && end <= static_cast<int64_t>(image.size())) at = moved;
    }
    const absl::Status space = CheckSpace(static_cast<uint64_t>(at) + part.size());
    if (!space.ok()) {
      // As much as there is room for.
      const auto start = static_cast<uint64_t>(at);
      const uint64_t used = store_.used();
      const uint64_t room = queue_.options().capacity - std::min(used, queue_.options().capacity);
      const uint64_t end = image.size() + room;
      image.Write(start, part.substr(0, end > start ? end - start : 0), queue_.random());
      return space;
    }
    image.Write(static_cast<uint64_t>(at), part, queue_.random());
    return absl::OkStatus();
  });
}

absl::Status SimFile::Sync() {
  KONSUL_RETURN_IF_ERROR(life_.Check());
  const uint64_t ticket = node_->image.BeginSync();
  return queue_.Run(life_, {kDiskSync, path_, ticket}, [&](const DiskOutcome& how) {
    if (how.failed) {
      node_->image.SyncFailed(ticket);
    } else {
      node_->image.SyncSucceeded(ticket);
    }
    return absl::OkStatus();
  });
}

absl::Status SimFile::Allocate(uint64_t size) {
  KONSUL_RETURN_IF_ERROR(CheckWritable());
  return queue_.Run(life_, {kDiskAllocate, path_, size}, [&](const DiskOutcome& how) {
    if (how.failed) return absl::OkStatus();
    if (size < node_->image.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("allocate less than the size of ", path_, ": Invalid argument"));
    }
    KONSUL_RETURN_IF_ERROR(CheckSpace(size));
    if (size > node_->image.size()) node_->image.Truncate(size);
    node_->image.SyncSucceeded(node_->image.BeginSync());
    return absl::OkStatus();
  });
}

absl::Status SimFile::Truncate(uint64_t size) {
  KONSUL_RETURN_IF_ERROR(CheckWritable());
  return queue_.Run(life_, {kDiskWrite, path_, size}, [&](const DiskOutcome& how) {
    if (how.failed) return absl::OkStatus();
    KONSUL_RETURN_IF_ERROR(CheckSpace(size));
    node_->image.Truncate(size);
    return absl::OkStatus();
  });
}

absl::StatusOr<uint64_t> SimFile::Size() {
  uint64_t size = 0;
  KONSUL_RETURN_IF_ERROR(queue_.Run(life_, {kDiskRead, path_}, [&](const DiskOutcome& how) {
    if (!how.failed) size = node_->image.size();
    return absl::OkStatus();
  }));
  return size;
}

}  // namespace

absl::Status ProcessDisk::Metadata(absl::string_view path,
                                   absl::FunctionRef<absl::Status()> change) {
  return queue_.Run(life_, {kDiskMetadata, path}, [&](const DiskOutcome& how) {
    return how.failed ? absl::OkStatus() : change();
  });
}

absl::StatusOr<std::unique_ptr<env::File>> ProcessDisk::Open(absl::string_view path,
                                                             env::OpenMode mode) {
  std::shared_ptr<DiskNode> node;
  KONSUL_RETURN_IF_ERROR(Metadata(path, [&] {
    auto found = store_.Open(path, mode);
    if (found.ok()) node = *std::move(found);
    return found.status();
  }));
  return std::make_unique<SimFile>(store_, queue_, life_, std::string(path), std::move(node),
                                   mode != env::OpenMode::kRead);
}

absl::Status ProcessDisk::Rename(absl::string_view from, absl::string_view to) {
  return Metadata(from, [&] { return store_.Rename(from, to); });
}

absl::Status ProcessDisk::Remove(absl::string_view path) {
  return Metadata(path, [&] { return store_.Remove(path); });
}

absl::StatusOr<std::vector<std::string>> ProcessDisk::List(absl::string_view directory) {
  std::vector<std::string> names;
  KONSUL_RETURN_IF_ERROR(queue_.Run(life_, {kDiskRead, directory}, [&](const DiskOutcome& how) {
    if (how.failed) return absl::OkStatus();
    auto found = store_.List(directory);
    if (found.ok()) names = *std::move(found);
    return found.status();
  }));
  return names;
}

absl::StatusOr<bool> ProcessDisk::Exists(absl::string_view path) {
  bool exists = false;
  KONSUL_RETURN_IF_ERROR(queue_.Run(life_, {kDiskRead, path}, [&](const DiskOutcome& how) {
    if (!how.failed) exists = store_.Exists(path);
    return absl::OkStatus();
  }));
  return exists;
}

absl::Status ProcessDisk::CreateDir(absl::string_view directory) {
  return Metadata(directory, [&] { return store_.CreateDir(directory); });
}

absl::Status ProcessDisk::SyncDir(absl::string_view directory) {
  return queue_.Run(life_, {kDiskSyncDir, directory}, [&](const DiskOutcome& how) {
    return how.failed ? absl::OkStatus() : store_.SyncDir(directory);
  });
}

}  // namespace konsul::sim
