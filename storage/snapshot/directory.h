// The files of a snapshot directory: names, which one is the latest, who reads which, and what is
// to be removed.
#ifndef KONSUL_STORAGE_SNAPSHOT_DIRECTORY_H_
#define KONSUL_STORAGE_SNAPSHOT_DIRECTORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/base/log.h"
#include "core/env/disk.h"
#include "core/raft/types.h"
#include "core/server/snapshot_store.h"
#include "storage/snapshot/codec.h"
#include "storage/snapshot/file_reader.h"

namespace konsul::snapshot {

inline constexpr absl::string_view kTemporarySuffix = ".tmp";
inline constexpr absl::string_view kPartSuffix = ".part";

// "000000000000002a-0000000000000003.snap": index and term of the last entry covered.
std::string SnapshotName(const raft::LogPosition& last);
// The inverse; nothing for any other name.
std::optional<raft::LogPosition> ParseSnapshotName(absl::string_view name);
// Of what has arrived of a snapshot; tells apart all that might not be the same bytes.
std::string PartName(const server::SnapshotMeta& meta);

// Shared by the store and all that it hands out. Plain data between suspensions.
class Directory {
 public:
  Directory(const Place& place, std::string path, Logger& logger)
      : place_(place), path_(std::move(path)), logger_(logger) {}

  // Finds and checks the latest snapshot; as snapshot::Open says.
  absl::Status Open();

  const Place& place() const { return place_; }
  env::Disk& disk() const { return place_.disk; }
  Codec& codec() { return codec_; }
  std::string Path(absl::string_view name) const;
  const std::optional<server::SnapshotMeta>& latest() const { return latest_; }

  // As SnapshotStore says.
  absl::Status CheckLatest();
  bool latest_is_damaged() const { return damaged_; }

  // `temporary`, a name, is complete and durable: it becomes a snapshot, and the latest if it is.
  absl::Status Publish(const std::string& temporary, const server::SnapshotMeta& meta);
  // Whoever reads a snapshot holds its name.
  void Hold(const std::string& name) { ++holders_[name]; }
  void Release(const std::string& name);
  // `name` is of no use any more.
  void Discard(const std::string& name) { obsolete_.insert(name); }
  // It is so, or is just being removed.
  bool IsGoing(const std::string& name) const {
    return obsolete_.count(name) > 0 || removing_.count(name) > 0;
  }
  // Removes what is obsolete and held by nobody. What cannot be removed is logged, and tried again
  // next time. Suspends.
  absl::Status Sweep();
  // The names there that end so.
  absl::StatusOr<std::set<std::string>> NamesWith(absl::string_view suffix);

 private:
  absl::Status FindLatest();
  // Whether one that ends at `index` is of no use.
  bool IsCovered(Index index) const;

  const Place place_;
  const std::string path_;
  Logger& logger_;
  Codec codec_;
  std::optional<server::SnapshotMeta> latest_;
  bool damaged_ = false;  // latest_ is
  std::map<std::string, int> holders_;
  std::set<std::string> obsolete_;
  std::set<std::string> removing_;
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_DIRECTORY_H_
