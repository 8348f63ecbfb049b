// All disks that a power loss may leave of one (image_disk.h says what the choices are), or a
// sample of them where there are too many.
//
// After Zheng et al., "Torturing Databases for Fun and Profit" (OSDI'14), and Pillai et al., "All
// File Systems Are Not Created Equal" (OSDI'14).
#ifndef KONSUL_SIM_IMAGES_CRASH_IMAGES_H_
#define KONSUL_SIM_IMAGES_CRASH_IMAGES_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "core/env/random.h"
#include "sim/images/image_disk.h"

namespace konsul::images {

class CrashImages {
 public:
  // `state` outlives this.
  explicit CrashImages(const ImageState& state);

  // How many there are; exact up to 2^53.
  double possible() const { return possible_; }

  // Calls `look` with every image when there are at most `bound`. Otherwise with the extreme ones
  // (all or nothing of the content and of the sizes, every prefix of the names, and one sector that
  // differs from all others), then with random ones, up to `bound` of them. True when it was all.
  // `look` returns whether to go on.
  bool ForEach(uint64_t bound, env::Random& random,
               absl::FunctionRef<bool(const ImageState&)> look) const;

 private:
  using Picks = std::vector<size_t>;  // by sector of FileChoices: 0 old, else the version
  struct FileChoices {
    size_t node = 0;
    std::vector<uint64_t> sizes;                        // ascending
    std::vector<std::pair<uint64_t, size_t>> versions;  // sector, and how many
    double images = 1;
    // How many sectors lie in a file of sizes[i].
    size_t SectorsWithin(size_t i) const;
    double ImagesOf(size_t i) const;
  };
  struct FileImage {
    size_t size = 0;  // of FileChoices::sizes
    Picks picks;
  };
  // One outcome for the names, and what is left open then.
  struct Frame {
    ImageState base;  // names decided, no content yet
    std::vector<FileChoices> files;
    double images = 1;
  };

  void AddFrames(const std::vector<size_t>& directories, std::vector<size_t>& prefixes);
  void AddFrame(const std::vector<size_t>& directories, const std::vector<size_t>& prefixes);
  FileChoices ChoicesOf(size_t node) const;
  ImageState Build(const Frame& frame, const std::vector<FileImage>& files) const;
  static FileImage Decode(const FileChoices& file, uint64_t number);
  static FileImage Uniform(const FileChoices& file, bool newest, size_t size);
  bool ForAll(const Frame& frame, absl::FunctionRef<bool(const ImageState&)> look) const;
  std::vector<std::vector<FileImage>> Extremes(const Frame& frame) const;

  const ImageState& state_;
  std::vector<Frame> frames_;
  double possible_ = 0;
};

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_CRASH_IMAGES_H_
