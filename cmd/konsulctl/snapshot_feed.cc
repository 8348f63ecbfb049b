#include "cmd/konsulctl/snapshot_feed.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

// With which a snapshot begins: docs/formats/snapshot.md.
constexpr absl::string_view kSnapshotMagic = "KNSLSNAP";

absl::Status ReadOnly() { return absl::UnimplementedError("a snapshot is only read here"); }

class FeedFile final : public env::File {
 public:
  explicit FeedFile(SnapshotFeed& feed) : feed_(feed) {}
  absl::StatusOr<size_t> ReadAt(uint64_t offset, absl::Span<char> buffer) override {
    return feed_.ReadAt(offset, buffer);
  }
  absl::StatusOr<uint64_t> Size() override { return feed_.Size(); }
  absl::Status WriteAt(uint64_t, absl::string_view) override { return ReadOnly(); }
  absl::Status Sync() override { return ReadOnly(); }
  absl::Status Allocate(uint64_t) override { return ReadOnly(); }
  absl::Status Truncate(uint64_t) override { return ReadOnly(); }

 private:
  SnapshotFeed& feed_;
};

}  // namespace

absl::Status SnapshotFeed::Begin() {
  std::string begin;
  while (!ended_ && begin.size() < kSnapshotMagic.size()) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, source_->Read(begin));
    ended_ = !more;
  }
  if (absl::StartsWith(begin, kSnapshotMagic) && source_->size()) {
    state_ = std::move(begin);
    return absl::OkStatus();
  }
  archive_.emplace([this](absl::string_view bytes) {
    state_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  return Take(begin);
}

absl::Status SnapshotFeed::Take(absl::string_view bytes) {
  if (archive_) return Annotate(archive_->Push(bytes), name_);
  state_.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::StatusOr<bool> SnapshotFeed::Pull() {
  if (ended_) return false;
  piece_.clear();
  KONSUL_ASSIGN_OR_RETURN(const bool more, source_->Read(piece_));
  ended_ = !more;
  KONSUL_RETURN_IF_ERROR(Take(piece_));
  return more;
}

absl::StatusOr<std::optional<archive::Meta>> SnapshotFeed::End() {
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, Pull());
    if (!more) break;
    state_.clear();
    state_begin_ = 0;
  }
  if (!archive_) return std::nullopt;
  absl::StatusOr<archive::Meta> meta = archive_->Finish();
  KONSUL_RETURN_IF_ERROR(Annotate(meta.status(), name_));
  return *std::move(meta);
}

absl::StatusOr<uint64_t> SnapshotFeed::Size() {
  if (!archive_) return *source_->size();
  while (!archive_->state_size()) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, Pull());
    // Says what is missing.
    if (!more) return End().status();
  }
  return *archive_->state_size();
}

absl::StatusOr<size_t> SnapshotFeed::ReadAt(uint64_t offset, absl::Span<char> buffer) {
  KONSUL_CHECK(offset == position_, "a snapshot is read in order here");
  while (state_begin_ == state_.size()) {
    state_.clear();
    state_begin_ = 0;
    if (archive_ && archive_->state_is_there()) return 0;
    KONSUL_ASSIGN_OR_RETURN(const bool more, Pull());
    if (more) continue;
    KONSUL_RETURN_IF_ERROR(End().status());
    return 0;
  }
  const size_t got = std::min(buffer.size(), state_.size() - state_begin_);
  std::memcpy(buffer.data(), state_.data() + state_begin_, got);
  state_begin_ += got;
  position_ += got;
  return got;
}

absl::StatusOr<std::unique_ptr<env::File>> SnapshotFeed::Open(absl::string_view, env::OpenMode) {
  return std::make_unique<FeedFile>(*this);
}

absl::Status SnapshotFeed::Rename(absl::string_view, absl::string_view) { return ReadOnly(); }
absl::Status SnapshotFeed::Remove(absl::string_view) { return ReadOnly(); }
absl::StatusOr<std::vector<std::string>> SnapshotFeed::List(absl::string_view) {
  return ReadOnly();
}
absl::StatusOr<bool> SnapshotFeed::Exists(absl::string_view) { return true; }
absl::Status SnapshotFeed::CreateDir(absl::string_view) { return ReadOnly(); }
absl::Status SnapshotFeed::SyncDir(absl::string_view) { return ReadOnly(); }

}  // namespace konsul::ctl
