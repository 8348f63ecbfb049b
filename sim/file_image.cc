#include "sim/file_image.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/check.h"

namespace konsul::sim {
namespace {

// How far back WriteBack looks for a sector; what is rewritten was mostly written just before.
constexpr size_t kWriteBackSearch = 16;

}  // namespace

std::string FileImage::Content() const {
  std::string content(bytes_.size(), '\0');
  bytes_.Read(0, absl::MakeSpan(content));
  return content;
}

void FileImage::SaveRun(uint64_t first, uint64_t end) {
  OldSectors old{first, end - first, ""};
  if (!bytes_.IsHole(first * kSector, (end - first) * kSector)) {
    old.bytes.resize((end - first) * kSector);
    old.bytes.resize(bytes_.Read(first * kSector, absl::MakeSpan(old.bytes)));
  }
  if (dirty_.size() < end) dirty_.resize(end);
  for (uint64_t sector = first; sector < end; ++sector) dirty_[sector] = true;
  layers_.back().saved.push_back(std::move(old));
}

void FileImage::Save(uint64_t first, uint64_t end) {
  while (first < end) {
    if (Dirty(first)) {
      ++first;
      continue;
    }
    uint64_t run_end = first + 1;
    while (run_end < end && !Dirty(run_end)) ++run_end;
    SaveRun(first, run_end);
    first = run_end;
  }
}

void FileImage::WriteBack(uint64_t sector) {
  std::vector<OldSectors>& saved = layers_.back().saved;
  const size_t stop = saved.size() > kWriteBackSearch ? saved.size() - kWriteBackSearch : 0;
  for (size_t i = saved.size(); i > stop; --i) {
    OldSectors& old = saved[i - 1];
    if (sector < old.first || sector >= old.first + old.count) continue;
    old.bytes.resize(old.count * kSector);
    const size_t at = (sector - old.first) * kSector;
    std::fill_n(old.bytes.begin() + static_cast<std::ptrdiff_t>(at), kSector, '\0');
    bytes_.Read(sector * kSector, absl::MakeSpan(&old.bytes[at], kSector));
    return;
  }
}

void FileImage::Write(uint64_t offset, absl::string_view data, env::Random& random) {
  if (data.empty()) return;
  const uint64_t first = offset / kSector;
  const uint64_t end = (offset + data.size() + kSector - 1) / kSector;
  if (Dirty(first) && random.Chance(1, 4)) WriteBack(first);
  Save(first, end);
  bytes_.Write(offset, data);
}

void FileImage::Truncate(uint64_t size) {
  if (size < bytes_.size()) Save(size / kSector, (bytes_.size() + kSector - 1) / kSector);
  bytes_.Resize(size);
}

uint64_t FileImage::BeginSync() {
  Layer& open = layers_.back();
  open.ticket = ++last_ticket_;
  for (const OldSectors& old : open.saved) {
    for (uint64_t i = 0; i < old.count; ++i) dirty_[old.first + i] = false;
  }
  layers_.emplace_back();
  layers_.back().size_before = bytes_.size();
  return last_ticket_;
}

void FileImage::Forget(Layer& layer, const std::vector<OldSectors>& durable) {
  std::set<uint64_t> sectors;
  for (const OldSectors& old : durable) {
    for (uint64_t i = 0; i < old.count; ++i) sectors.insert(old.first + i);
  }
  std::vector<OldSectors> left;
  for (const OldSectors& old : layer.saved) {
    for (uint64_t i = 0; i < old.count; ++i) {
      if (sectors.count(old.first + i) > 0) continue;
      const size_t at = i * kSector;
      left.push_back(
          {old.first + i, 1, at < old.bytes.size() ? old.bytes.substr(at, kSector) : ""});
    }
  }
  layer.saved = std::move(left);
}

void FileImage::SyncSucceeded(uint64_t ticket) {
  for (size_t i = 0; i + 1 < layers_.size() && layers_[i].ticket <= ticket;) {
    if (layers_[i].failed) {
      ++i;
      continue;
    }
    for (size_t below = 0; below < i; ++below) {
      Forget(layers_[below], layers_[i].saved);
      layers_[below].size_before = layers_[i + 1].size_before;
    }
    layers_.erase(layers_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void FileImage::SyncFailed(uint64_t ticket) {
  for (Layer& layer : layers_) {
    if (layer.ticket == ticket) layer.failed = true;
  }
}

bool FileImage::HasUnsynced() const {
  for (const Layer& layer : layers_) {
    if (!layer.saved.empty() || layer.size_before != bytes_.size()) return true;
  }
  return false;
}

uint64_t FileImage::DrawSize(env::Random& random) const {
  uint64_t size = bytes_.size();
  for (size_t i = layers_.size(); i > 0; --i) {
    const uint64_t before = layers_[i - 1].size_before;
    if (size == before) continue;
    const uint64_t outcome = random.Below(3);
    if (outcome == 0) return size;  // all of it is on the disk
    if (outcome == 1 || before > size) {
      size = before;  // none of it, and perhaps not what was before it either
      continue;
    }
    const uint64_t sectors = (size - before) / kSector;
    return std::max(before, (before / kSector + random.Below(sectors + 1)) * kSector);
  }
  return size;
}

void FileImage::PowerLoss(env::Random& random) {
  const uint64_t size = DrawSize(random);
  uint64_t longest = std::max(size, bytes_.size());
  for (const Layer& layer : layers_) longest = std::max(longest, layer.size_before);
  bytes_.Resize(longest);
  // A sector found new in a younger layer is on the disk, whatever it was in older ones.
  std::set<uint64_t> kept;
  for (size_t i = layers_.size(); i > 0; --i) {
    for (const OldSectors& old : layers_[i - 1].saved) {
      for (uint64_t j = 0; j < old.count; ++j) {
        const uint64_t sector = old.first + j;
        if (kept.count(sector) > 0) continue;
        if (random.Chance(1, 2)) {
          kept.insert(sector);
          continue;
        }
        std::string bytes(kSector, '\0');
        const size_t at = j * kSector;
        if (at < old.bytes.size()) {
          const size_t n = std::min<size_t>(kSector, old.bytes.size() - at);
          std::copy_n(old.bytes.data() + at, n, bytes.data());
        }
        bytes_.Write(sector * kSector, bytes);
      }
    }
  }
  bytes_.Resize(size);
  layers_.clear();
  layers_.emplace_back();
  layers_.back().size_before = size;
  dirty_.clear();
}

void FileImage::FlipBit(uint64_t bit) {
  char byte = 0;
  if (bytes_.Read(bit / 8, absl::MakeSpan(&byte, 1)) == 0) return;
  byte = static_cast<char>(byte ^ (1 << (bit % 8)));
  bytes_.Write(bit / 8, absl::string_view(&byte, 1));
}

}  // namespace konsul::sim
