// What the tests of archives share: archives, and pieces to make strange ones of.
#ifndef KONSUL_STORAGE_ARCHIVE_ARCHIVE_FIXTURE_SUPPORT_H_
#define KONSUL_STORAGE_ARCHIVE_ARCHIVE_FIXTURE_SUPPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/archive/meta.h"

namespace konsul::archive {

// Of two servers, one of which does not vote.
Meta SomeMeta(uint64_t size);
// What begins as a snapshot does, and goes on with noise.
std::string SomeState(size_t size, uint64_t seed = 1);
std::string ArchiveOf(const std::string& state);

struct Unpacked {
  Meta meta;
  std::string state;
  friend bool operator==(const Unpacked&, const Unpacked&) = default;
};
// Pushes pieces of `piece` bytes.
absl::StatusOr<Unpacked> Unpack(absl::string_view archive, size_t piece = 1 << 16);

std::string Gzipped(absl::string_view bytes);
std::string Gunzipped(absl::string_view bytes);
// A tar of these files (name, content), with its end, not packed.
using Files = std::vector<std::pair<std::string, std::string>>;
std::string TarOf(const Files& files);
// Those of ArchiveOf, in order.
Files FilesOf(const std::string& state);

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_ARCHIVE_FIXTURE_SUPPORT_H_
