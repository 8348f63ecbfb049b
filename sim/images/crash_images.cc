#include "sim/images/crash_images.h"

#include <algorithm>

namespace konsul::images {

CrashImages::CrashImages(const ImageState& state) : state_(state) {
  std::vector<size_t> directories;
  for (size_t i = 0; i < state.node_count(); ++i) {
    if (!state.node(i).pending.empty()) directories.push_back(i);
  }
  std::vector<size_t> prefixes;
  AddFrames(directories, prefixes);
  for (const Frame& frame : frames_) possible_ += frame.images;
}

void CrashImages::AddFrames(const std::vector<size_t>& directories, std::vector<size_t>& prefixes) {
  if (prefixes.size() == directories.size()) return AddFrame(directories, prefixes);
  const size_t changes = state_.node(directories[prefixes.size()]).pending.size();
  for (size_t prefix = 0; prefix <= changes; ++prefix) {
    prefixes.push_back(prefix);
    AddFrames(directories, prefixes);
    prefixes.pop_back();
  }
}

void CrashImages::AddFrame(const std::vector<size_t>& directories,
                           const std::vector<size_t>& prefixes) {
  Frame frame;
  frame.base = state_;
  for (size_t i = 0; i < directories.size(); ++i) {
    ImageState::Node& node = frame.base.Mutable(directories[i]);
    node.pending.resize(prefixes[i]);
    for (const ImageState::Change& change : node.pending) {
      ImageState::Apply(change, node.durable_names);
    }
    node.pending.clear();
    node.names = node.durable_names;
  }
  // What has no name any more is no choice; of a directory that has none, one prefix stands for
  // all.
  std::vector<bool> reachable(state_.node_count());
  std::vector<size_t> queue = {0};
  while (!queue.empty()) {
    const size_t at = queue.back();
    queue.pop_back();
    reachable[at] = true;
    for (const auto& [name, child] : frame.base.node(at).names) queue.push_back(child);
  }
  for (size_t i = 0; i < directories.size(); ++i) {
    if (!reachable[directories[i]] && prefixes[i] > 0) return;
  }
  for (size_t i = 0; i < reachable.size(); ++i) {
    const ImageState::Node& node = state_.node(i);
    if (!reachable[i] || node.directory || (node.versions.empty() && node.sizes.empty())) continue;
    frame.files.push_back(ChoicesOf(i));
    frame.images *= frame.files.back().images;
  }
  frames_.push_back(std::move(frame));
}

size_t CrashImages::FileChoices::SectorsWithin(size_t i) const {
  size_t n = 0;
  while (n < versions.size() && versions[n].first * kSector < sizes[i]) ++n;
  return n;
}

double CrashImages::FileChoices::ImagesOf(size_t i) const {
  double product = 1;
  for (size_t s = 0; s < SectorsWithin(i); ++s)
    product *= 1 + static_cast<double>(versions[s].second);
  return product;
}

CrashImages::FileChoices CrashImages::ChoicesOf(size_t number) const {
  const ImageState::Node& node = state_.node(number);
  FileChoices choices{.node = number, .sizes = node.sizes};
  choices.sizes.push_back(node.durable.size());
  const auto [low, high] = std::minmax_element(choices.sizes.begin(), choices.sizes.end());
  const uint64_t first = *low / kSector + 1;
  for (uint64_t sector = first, end = *high; sector * kSector < end; ++sector) {
    choices.sizes.push_back(sector * kSector);
  }
  std::sort(choices.sizes.begin(), choices.sizes.end());
  choices.sizes.erase(std::unique(choices.sizes.begin(), choices.sizes.end()), choices.sizes.end());
  for (const auto& [sector, versions] : node.versions) {
    choices.versions.push_back({sector, versions.size()});
  }
  choices.images = 0;
  for (size_t i = 0; i < choices.sizes.size(); ++i) choices.images += choices.ImagesOf(i);
  return choices;
}

ImageState CrashImages::Build(const Frame& frame, const std::vector<FileImage>& files) const {
  ImageState image = frame.base;
  for (size_t f = 0; f < files.size(); ++f) {
    const FileChoices& choices = frame.files[f];
    const ImageState::Node& from = state_.node(choices.node);
    ImageState::Node& node = image.Mutable(choices.node);
    std::string bytes = from.durable;
    const uint64_t size = choices.sizes[files[f].size];
    bytes.resize(std::max<uint64_t>(size, bytes.size()) + kSector);
    for (size_t s = 0; s < choices.SectorsWithin(files[f].size); ++s) {
      const size_t pick = files[f].picks[s];
      if (pick == 0) continue;
      const uint64_t sector = choices.versions[s].first;
      bytes.replace(sector * kSector, kSector, from.versions.at(sector)[pick - 1]);
    }
    bytes.resize(size);
    node.durable = bytes;
    node.current = std::move(bytes);
    node.versions.clear();
    node.sizes.clear();
  }
  // Nothing but what is decided may be left open: files without a name are of no interest.
  return image.WithoutPending();
}

CrashImages::FileImage CrashImages::Decode(const FileChoices& file, uint64_t number) {
  FileImage image;
  while (static_cast<double>(number) >= file.ImagesOf(image.size)) {
    number -= static_cast<uint64_t>(file.ImagesOf(image.size));
    ++image.size;
  }
  for (size_t s = 0; s < file.SectorsWithin(image.size); ++s) {
    const uint64_t radix = 1 + file.versions[s].second;
    image.picks.push_back(number % radix);
    number /= radix;
  }
  return image;
}

CrashImages::FileImage CrashImages::Uniform(const FileChoices& file, bool newest, size_t size) {
  FileImage image{.size = size, .picks = {}};
  for (const auto& [sector, versions] : file.versions) image.picks.push_back(newest ? versions : 0);
  return image;
}

bool CrashImages::ForAll(const Frame& frame,
                         absl::FunctionRef<bool(const ImageState&)> look) const {
  std::vector<FileImage> files(frame.files.size());
  for (uint64_t number = 0; number < static_cast<uint64_t>(frame.images); ++number) {
    uint64_t rest = number;
    for (size_t f = 0; f < files.size(); ++f) {
      const auto radix = static_cast<uint64_t>(frame.files[f].images);
      files[f] = Decode(frame.files[f], rest % radix);
      rest /= radix;
    }
    if (!look(Build(frame, files))) return false;
  }
  return true;
}

std::vector<std::vector<CrashImages::FileImage>> CrashImages::Extremes(const Frame& frame) const {
  std::vector<std::vector<FileImage>> all;
  const auto uniform = [&](bool newest, bool longest) {
    std::vector<FileImage> files;
    for (const FileChoices& file : frame.files) {
      // What a process sees now may be neither the longest nor the shortest.
      const uint64_t size =
          longest ? state_.node(file.node).current.size() : state_.node(file.node).durable.size();
      const auto at = std::find(file.sizes.begin(), file.sizes.end(), size);
      files.push_back(Uniform(file, newest, static_cast<size_t>(at - file.sizes.begin())));
    }
    return files;
  };
  for (const bool newest : {true, false}) {
    for (const bool longest : {true, false}) all.push_back(uniform(newest, longest));
  }
  for (size_t f = 0; f < frame.files.size(); ++f) {
    for (size_t s = 0; s < frame.files[f].versions.size(); ++s) {
      for (const bool newest : {true, false}) {
        all.push_back(uniform(newest, true));
        size_t& pick = all.back()[f].picks[s];
        pick = newest ? 0 : frame.files[f].versions[s].second;
      }
    }
  }
  return all;
}

bool CrashImages::ForEach(uint64_t bound, env::Random& random,
                          absl::FunctionRef<bool(const ImageState&)> look) const {
  if (possible_ <= static_cast<double>(bound)) {
    for (const Frame& frame : frames_) {
      if (!ForAll(frame, look)) break;
    }
    return true;
  }
  uint64_t tried = 0;
  for (const Frame& frame : frames_) {
    // Each outcome for the names gets its share; a big one would leave nothing for the others.
    const uint64_t share = std::max<uint64_t>(4, bound / 2 / frames_.size());
    std::vector<std::vector<FileImage>> extremes = Extremes(frame);
    for (uint64_t i = 0; i < std::min<uint64_t>(share, extremes.size()); ++i) {
      // The first four are always tried, of the others a sample when there are too many.
      const size_t left = extremes.size() - i;
      if (i >= 4) std::swap(extremes[i], extremes[i + random.Below(left)]);
      ++tried;
      if (!look(Build(frame, extremes[i]))) return false;
    }
  }
  for (; tried < bound; ++tried) {
    const Frame& frame = frames_[random.Below(frames_.size())];
    const uint64_t kept_of_8 = random.Below(9);
    std::vector<FileImage> files;
    for (const FileChoices& file : frame.files) {
      FileImage image{.size = random.Below(file.sizes.size()), .picks = {}};
      for (const auto& [sector, versions] : file.versions) {
        image.picks.push_back(random.Chance(kept_of_8, 8) ? 1 + random.Below(versions) : 0);
      }
      files.push_back(std::move(image));
    }
    if (!look(Build(frame, files))) return false;
  }
  return false;
}

}  // namespace konsul::images
