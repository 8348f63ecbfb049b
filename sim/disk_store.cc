#include "sim/disk_store.h"

#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"

namespace konsul::sim {
namespace {

absl::Status Missing(absl::string_view path) {
  return absl::NotFoundError(absl::StrCat(path, ": no such file or directory"));
}

// Every directory reachable from `node` by present names, parents first, each directory's in order.
void VisitDirectories(DiskNode& node, const std::function<void(DiskNode&)>& visit) {
  visit(node);
  for (auto& [name, child] : node.names) {
    if (child->directory) VisitDirectories(*child, visit);
  }
}

void VisitFiles(const DiskNode& node, const std::string& prefix,
                const std::function<void(const std::string&, DiskNode&)>& visit) {
  for (const auto& [name, child] : node.names) {
    const std::string path = absl::StrCat(prefix, name);
    if (child->directory) {
      VisitFiles(*child, path + "/", visit);
    } else {
      visit(path, *child);
    }
  }
}

}  // namespace

void DiskStore::Clear() {
  root_ = std::make_shared<DiskNode>();
  root_->directory = true;
}

std::shared_ptr<DiskNode> DiskStore::Find(absl::string_view path) const {
  std::shared_ptr<DiskNode> node = root_;
  for (const absl::string_view part : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    const auto it = node->names.find(std::string(part));
    if (it == node->names.end()) return nullptr;
    node = it->second;
  }
  return node;
}

absl::StatusOr<std::shared_ptr<DiskNode>> DiskStore::FindDirectory(absl::string_view path) const {
  std::shared_ptr<DiskNode> node = Find(path);
  if (node == nullptr) return Missing(path);
  if (!node->directory) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": not a directory"));
  }
  return node;
}

absl::StatusOr<DiskStore::Place> DiskStore::Locate(absl::string_view path) const {
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return absl::InvalidArgumentError(absl::StrCat("'", path, "' does not name a file"));
    }
  }
  Place place{root_, ""};
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (!place.name.empty()) {
      const auto it = place.parent->names.find(place.name);
      if (it == place.parent->names.end()) return Missing(path);
      place.parent = it->second;
    }
    if (!place.parent->directory) {
      return absl::FailedPreconditionError(absl::StrCat(path, ": not a directory"));
    }
    place.name = std::string(part);
  }
  return place;
}

void DiskStore::Apply(const DiskNode::Change& change, DiskNode::Names& names) {
  for (const auto& [name, node] : change.names) {
    if (node == nullptr) {
      names.erase(name);
    } else {
      names[name] = node;
    }
  }
}

absl::StatusOr<std::shared_ptr<DiskNode>> DiskStore::Open(absl::string_view path,
                                                          env::OpenMode mode) {
  KONSUL_ASSIGN_OR_RETURN(const Place place, Locate(path));
  const auto it = place.parent->names.find(place.name);
  if (it != place.parent->names.end()) {
    if (mode == env::OpenMode::kCreateNew) {
      return absl::AlreadyExistsError(absl::StrCat(path, ": already exists"));
    }
    if (it->second->directory) {
      return absl::FailedPreconditionError(absl::StrCat(path, ": is a directory"));
    }
    return it->second;
  }
  if (mode == env::OpenMode::kRead || mode == env::OpenMode::kReadWrite) return Missing(path);
  auto node = std::make_shared<DiskNode>();
  place.parent->pending.push_back({{{place.name, node}}, 0, {}});
  Apply(place.parent->pending.back(), place.parent->names);
  return node;
}

absl::Status DiskStore::Rename(absl::string_view from, absl::string_view to) {
  KONSUL_ASSIGN_OR_RETURN(const Place source, Locate(from));
  const auto it = source.parent->names.find(source.name);
  if (it == source.parent->names.end()) return Missing(from);
  const std::shared_ptr<DiskNode> node = it->second;
  KONSUL_ASSIGN_OR_RETURN(const Place target, Locate(to));
  if (node->directory && absl::StartsWith(to, absl::StrCat(from, "/"))) {
    return absl::InvalidArgumentError(absl::StrCat("rename ", from, " to ", to, ": into itself"));
  }
  const auto replaced = target.parent->names.find(target.name);
  if (replaced != target.parent->names.end() && replaced->second != node) {
    const DiskNode& old = *replaced->second;
    if (old.directory != node->directory || !old.names.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("rename ", from, " to ", to, ": a directory is in the way"));
    }
  }
  if (source.parent == target.parent) {
    if (source.name == target.name) return absl::OkStatus();
    DiskNode& parent = *source.parent;
    parent.pending.push_back({{{target.name, node}, {source.name, nullptr}}, 0, {}});
    Apply(parent.pending.back(), parent.names);
    return absl::OkStatus();
  }
  const uint64_t pair = next_pair_++;
  target.parent->pending.push_back({{{target.name, node}}, pair, source.parent});
  Apply(target.parent->pending.back(), target.parent->names);
  source.parent->pending.push_back({{{source.name, nullptr}}, pair, target.parent});
  Apply(source.parent->pending.back(), source.parent->names);
  return absl::OkStatus();
}

absl::Status DiskStore::Remove(absl::string_view path) {
  KONSUL_ASSIGN_OR_RETURN(const Place place, Locate(path));
  const auto it = place.parent->names.find(place.name);
  if (it == place.parent->names.end()) return Missing(path);
  if (it->second->directory && !it->second->names.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": directory not empty"));
  }
  place.parent->pending.push_back({{{place.name, nullptr}}, 0, {}});
  Apply(place.parent->pending.back(), place.parent->names);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> DiskStore::List(absl::string_view directory) {
  KONSUL_ASSIGN_OR_RETURN(const std::shared_ptr<DiskNode> node, FindDirectory(directory));
  std::vector<std::string> names;
  for (const auto& [name, child] : node->names) names.push_back(name);
  return names;
}

absl::Status DiskStore::CreateDir(absl::string_view directory) {
  std::shared_ptr<DiskNode> node = root_;
  for (const absl::string_view part : absl::StrSplit(directory, '/', absl::SkipEmpty())) {
    std::shared_ptr<DiskNode> child;
    const auto it = node->names.find(std::string(part));
    if (it != node->names.end()) {
      child = it->second;
      if (!child->directory) {
        return absl::FailedPreconditionError(absl::StrCat(directory, ": not a directory"));
      }
    } else {
      child = std::make_shared<DiskNode>();
      child->directory = true;
      node->pending.push_back({{{std::string(part), child}}, 0, {}});
      Apply(node->pending.back(), node->names);
    }
    node = child;
  }
  return absl::OkStatus();
}

void DiskStore::Commit(DiskNode& directory) {
  const std::vector<DiskNode::Change> changes = std::move(directory.pending);
  directory.pending.clear();
  for (const DiskNode::Change& change : changes) Apply(change, directory.durable_names);
  // The two halves of a rename are one transaction of the file system.
  for (const DiskNode::Change& change : changes) {
    const std::shared_ptr<DiskNode> other = change.other.lock();
    if (other != nullptr) Commit(*other);
  }
}

absl::Status DiskStore::SyncDir(absl::string_view directory) {
  KONSUL_ASSIGN_OR_RETURN(const std::shared_ptr<DiskNode> node, FindDirectory(directory));
  Commit(*node);
  return absl::OkStatus();
}

void DiskStore::LoseNames(DiskNode& directory, const std::map<const DiskNode*, size_t>& kept,
                          const std::set<uint64_t>& lost_pairs) {
  const auto it = kept.find(&directory);
  const size_t keep = it == kept.end() ? 0 : it->second;
  for (size_t i = 0; i < keep; ++i) {
    const DiskNode::Change& change = directory.pending[i];
    const bool removes = change.names.front().second == nullptr;
    if (removes && lost_pairs.count(change.pair) > 0) continue;
    Apply(change, directory.durable_names);
  }
  directory.pending.clear();
  directory.names = directory.durable_names;
  for (auto& [name, child] : directory.names) {
    if (child->directory) LoseNames(*child, kept, lost_pairs);
  }
}

void DiskStore::PowerLoss(env::Random& random) {
  // How many changes of each directory are kept is drawn for all of them first, since whether a
  // removal may be kept depends on the other half of its rename. The map is only looked up.
  std::map<const DiskNode*, size_t> kept;
  std::set<uint64_t> lost_pairs;
  VisitDirectories(*root_, [&](DiskNode& directory) {
    const size_t keep = random.Below(directory.pending.size() + 1);
    kept[&directory] = keep;
    for (size_t i = keep; i < directory.pending.size(); ++i) {
      const DiskNode::Change& change = directory.pending[i];
      if (change.pair != 0 && change.names.front().second != nullptr) {
        lost_pairs.insert(change.pair);
      }
    }
  });
  LoseNames(*root_, kept, lost_pairs);
  VisitFiles(*root_, "", [&](const std::string&, DiskNode& file) { file.image.PowerLoss(random); });
}

std::vector<std::string> DiskStore::Paths() const {
  std::vector<std::string> paths;
  VisitFiles(*root_, "", [&](const std::string& path, DiskNode&) { paths.push_back(path); });
  return paths;
}

uint64_t DiskStore::used() const {
  uint64_t total = 0;
  VisitFiles(*root_, "", [&](const std::string&, DiskNode& file) { total += file.image.size(); });
  return total;
}

}  // namespace konsul::sim
