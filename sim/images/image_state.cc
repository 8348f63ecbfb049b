#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sim/images/image_disk.h"

namespace konsul::images {
namespace {

// Zeros behind the end.
std::string SectorOf(const std::string& bytes, uint64_t sector) {
  std::string out(kSector, '\0');
  const uint64_t at = sector * kSector;
  if (at < bytes.size()) bytes.copy(out.data(), kSector, at);
  return out;
}

}  // namespace

ImageState::ImageState() { Add({.directory = true}); }

size_t ImageState::Add(Node node) {
  nodes_.push_back(std::make_shared<Node>(std::move(node)));
  return nodes_.size() - 1;
}

ImageState::Node& ImageState::Mutable(size_t number) {
  std::shared_ptr<Node>& node = nodes_[number];
  if (node.use_count() > 1) node = std::make_shared<Node>(*node);
  return *node;
}

std::optional<size_t> ImageState::Find(absl::string_view path) const {
  size_t at = 0;
  for (const absl::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    const Names& names = node(at).names;
    const auto it = names.find(std::string(part));
    if (it == names.end()) return std::nullopt;
    at = it->second;
  }
  return at;
}

void ImageState::Apply(const Change& change, Names& names) {
  for (const auto& [name, number] : change) {
    if (number) {
      names[name] = *number;
    } else {
      names.erase(name);
    }
  }
}

void ImageState::Rename(size_t directory, Change change) {
  Node& node = Mutable(directory);
  Apply(change, node.names);
  node.pending.push_back(std::move(change));
}

void ImageState::NoteSector(Node& file, uint64_t sector) {
  std::string now = SectorOf(file.current, sector);
  std::vector<std::string>& versions = file.versions[sector];
  if (now == SectorOf(file.durable, sector) ||
      std::find(versions.begin(), versions.end(), now) != versions.end()) {
    if (versions.empty()) file.versions.erase(sector);
    return;
  }
  versions.push_back(std::move(now));
}

void ImageState::Write(size_t number, uint64_t offset, absl::string_view data) {
  if (data.empty()) return;
  Node& file = Mutable(number);
  const uint64_t end = offset + data.size();
  if (file.current.size() < end) Resize(number, end);
  file.current.replace(offset, data.size(), data.data(), data.size());
  for (uint64_t sector = offset / kSector; sector * kSector < end; ++sector) {
    NoteSector(file, sector);
  }
}

void ImageState::Resize(size_t number, uint64_t size) {
  Node& file = Mutable(number);
  const uint64_t before = file.current.size();
  file.current.resize(size);
  for (uint64_t sector = size / kSector; sector * kSector < before; ++sector) {
    NoteSector(file, sector);
  }
  if (size != file.durable.size()) file.sizes.push_back(size);
}

void ImageState::Sync(size_t number) {
  Node& file = Mutable(number);
  file.durable = file.current;
  file.versions.clear();
  file.sizes.clear();
}

void ImageState::SyncDir(size_t number) {
  Node& directory = Mutable(number);
  directory.durable_names = directory.names;
  directory.pending.clear();
}

bool ImageState::HasPending() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
    return !node->pending.empty() || !node->versions.empty() || !node->sizes.empty();
  });
}

ImageState ImageState::WithoutPending() const {
  ImageState out = *this;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& old = node(i);
    if (old.pending.empty() && old.versions.empty() && old.sizes.empty()) continue;
    Node& changed = out.Mutable(i);
    changed.names = changed.durable_names;
    changed.pending.clear();
    changed.current = changed.durable;
    changed.versions.clear();
    changed.sizes.clear();
  }
  return out;
}

std::vector<std::pair<std::string, size_t>> ImageState::Files() const {
  std::vector<std::pair<std::string, size_t>> files;
  std::vector<std::pair<std::string, size_t>> directories = {{"", 0}};
  while (!directories.empty()) {
    const auto [path, number] = directories.back();
    directories.pop_back();
    for (const auto& [name, child] : node(number).names) {
      if (node(child).directory) {
        directories.push_back({absl::StrCat(path, name, "/"), child});
      } else {
        files.push_back({absl::StrCat(path, name), child});
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

Hash128 ImageState::Digest() const {
  RollingHash hash;
  for (const auto& [path, number] : Files()) {
    hash.Add(path);
    hash.Add(node(number).current);
  }
  // Directories without files count, too: recovery finds them there or not.
  for (const auto& [name, child] : node(0).names) hash.Add(name);
  return hash.value();
}

}  // namespace konsul::images
