#include "storage/snapshot/directory.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::snapshot {
namespace {

constexpr absl::string_view kSuffix = ".snap";
constexpr size_t kDigits = 16;

}  // namespace

std::string SnapshotName(const raft::LogPosition& last) {
  return absl::StrCat(ToHex(last.index.value), "-", ToHex(last.term.value), kSuffix);
}

std::optional<raft::LogPosition> ParseSnapshotName(absl::string_view name) {
  const absl::string_view whole = name;
  uint64_t index = 0;
  uint64_t term = 0;
  if (!absl::ConsumeSuffix(&name, kSuffix) || name.size() != 2 * kDigits + 1 ||
      !absl::SimpleHexAtoi(name.substr(0, kDigits), &index) ||
      !absl::SimpleHexAtoi(name.substr(kDigits + 1), &term)) {
    return std::nullopt;
  }
  const raft::LogPosition last{Index(index), Term(term)};
  if (SnapshotName(last) != whole) return std::nullopt;
  return last;
}

std::string PartName(const server::SnapshotMeta& meta) {
  return absl::StrCat(ToHex(meta.point.last.index.value), "-", ToHex(meta.point.last.term.value),
                      "-", ToHex(meta.bytes), "-", meta.digest.ToHex(), kPartSuffix);
}

std::string Directory::Path(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

absl::Status Directory::Open() {
  KONSUL_ASSIGN_OR_RETURN(const bool exists, disk().Exists(path_));
  if (!exists) KONSUL_RETURN_IF_ERROR(disk().CreateDir(path_));
  // Also when it exists: the process before may have died before it did this.
  KONSUL_RETURN_IF_ERROR(disk().SyncDir(""));
  KONSUL_RETURN_IF_ERROR(FindLatest());
  // What is relied upon from now on shall be there after a power loss, too.
  KONSUL_RETURN_IF_ERROR(disk().SyncDir(path_));
  return Sweep();
}

absl::Status Directory::FindLatest() {
  KONSUL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk().List(path_));
  std::string latest;
  // Sorted, and the numbers in a name have a fixed width: the last one is the latest.
  for (const std::string& name : names) {
    if (ParseSnapshotName(name)) {
      if (!latest.empty()) Discard(latest);
      latest = name;
    } else if (absl::EndsWith(name, kTemporarySuffix)) {
      Discard(name);
    } else if (!absl::EndsWith(name, kPartSuffix)) {
      logger_.Warn("snapshot", "ignoring a foreign file in the snapshots' directory",
                   {{"file", Path(name)}});
    }
  }
  if (latest.empty()) return absl::OkStatus();
  for (const std::string& name : names) {
    // What is on its way in and ends before the latest one, nobody will ask for.
    const bool is_part = absl::EndsWith(name, kPartSuffix);
    if (is_part && name.substr(0, kDigits) <= latest.substr(0, kDigits)) Discard(name);
  }
  KONSUL_ASSIGN_OR_RETURN(const server::SnapshotMeta meta, Verify(place_, Path(latest)));
  if (meta.point.last != *ParseSnapshotName(latest)) {
    return absl::DataLossError(absl::StrCat(disk().root(), "/", Path(latest), ": this is snapshot ",
                                            SnapshotName(meta.point.last), " under a wrong name"));
  }
  latest_ = meta;
  return absl::OkStatus();
}

absl::Status Directory::CheckLatest() {
  if (!latest_) return absl::OkStatus();
  const raft::LogPosition last = latest_->point.last;
  const std::string name = SnapshotName(last);
  Hold(name);
  absl::Status status = Verify(place_, Path(name)).status();
  Release(name);
  // This process has read it or written it: what is of another version now has been changed.
  if (absl::IsFailedPrecondition(status)) status = absl::DataLossError(status.message());
  if (absl::IsDataLoss(status) && latest_->point.last == last) damaged_ = true;
  return status;
}

bool Directory::IsCovered(Index index) const {
  if (!latest_) return false;
  const Index covered = latest_->point.last.index;
  return damaged_ ? covered > index : covered >= index;
}

absl::Status Directory::Publish(const std::string& temporary, const server::SnapshotMeta& meta) {
  const std::string name = SnapshotName(meta.point.last);
  if (IsCovered(meta.point.last.index)) {
    // Another one was faster, and covers what this one does.
    Discard(temporary);
    return Sweep();
  }
  KONSUL_RETURN_IF_ERROR(disk().Rename(Path(temporary), Path(name)));
  if (!mutation::On(Mutation::kRenameWithoutSyncDir)) {
    KONSUL_RETURN_IF_ERROR(disk().SyncDir(path_));
  }
  if (IsCovered(meta.point.last.index)) {
    if (latest_->point.last != meta.point.last) Discard(name);
    return Sweep();
  }
  if (latest_ && latest_->point.last != meta.point.last) {
    Discard(SnapshotName(latest_->point.last));
  }
  latest_ = meta;
  damaged_ = false;
  return Sweep();
}

void Directory::Release(const std::string& name) {
  const auto held = holders_.find(name);
  if (--held->second == 0) holders_.erase(held);
}

absl::Status Directory::Sweep() {
  const std::set<std::string> names = obsolete_;
  for (const std::string& name : names) {
    const bool held = holders_.count(name) > 0;
    if (held && !mutation::On(Mutation::kSnapshotDeletesOpenOne)) continue;
    if (obsolete_.erase(name) == 0) continue;
    if (held) {
      // Whoever has it open would go on with it; the bug is to lose its bytes.
      auto file = disk().Open(Path(name), env::OpenMode::kReadWrite);
      if (file.ok()) (*file)->Truncate(0).IgnoreError();
    }
    removing_.insert(name);
    const absl::Status status = disk().Remove(Path(name));
    removing_.erase(name);
    if (status.ok() || absl::IsNotFound(status)) continue;
    Discard(name);
    if (absl::IsCancelled(status)) return status;
    logger_.Warn("snapshot", "cannot remove a file that is not needed any more",
                 {{"file", Path(name)}, {"error", status.ToString()}});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::set<std::string>> Directory::NamesWith(absl::string_view suffix) {
  KONSUL_ASSIGN_OR_RETURN(const std::vector<std::string> names, disk().List(path_));
  std::set<std::string> found;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, suffix)) found.insert(name);
  }
  return found;
}

}  // namespace konsul::snapshot
