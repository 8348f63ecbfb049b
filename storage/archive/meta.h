// What an archive says of its snapshot: meta.json. Format: docs/formats/archive.md.
#ifndef KONSUL_STORAGE_ARCHIVE_META_H_
#define KONSUL_STORAGE_ARCHIVE_META_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"
#include "core/raft/snapshot_point.h"

namespace konsul::archive {

inline constexpr absl::string_view kMetaName = "meta.json";
inline constexpr absl::string_view kStateName = "state.bin";
inline constexpr absl::string_view kSumsName = "SHA256SUMS";

// The fields of raft.SnapshotMeta in hashicorp/raft. Where it matters, what stands in state.bin
// itself counts, and not this.
struct Meta {
  struct Server {
    std::string id;
    std::string address;
    bool voter = true;
    friend bool operator==(const Server&, const Server&) = default;
  };

  std::string id;  // "TERM-INDEX-MILLISECONDS"
  uint64_t index = 0;
  uint64_t term = 0;
  uint64_t configuration_index = 0;
  std::vector<Server> servers;
  uint64_t size = 0;  // of state.bin

  friend bool operator==(const Meta&, const Meta&) = default;
};

// Of a snapshot whose file has `size` bytes; `now` only ends up in the id.
Meta MetaOf(const raft::SnapshotPoint& point, uint64_t size, WallTime now);

// InvalidArgument unless this is said of a snapshot that ends where `point` does.
absl::Status CheckFits(const Meta& meta, const raft::SnapshotPoint& point);

// One line of JSON.
std::string EncodeMeta(const Meta& meta);
// InvalidArgument says what is missing. Fields that are not known are passed over.
absl::StatusOr<Meta> DecodeMeta(absl::string_view json);

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_META_H_
