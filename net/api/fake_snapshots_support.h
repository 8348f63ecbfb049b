// Snapshots in memory: what is saved of the tables can be brought back.
#ifndef KONSUL_NET_API_FAKE_SNAPSHOTS_SUPPORT_H_
#define KONSUL_NET_API_FAKE_SNAPSHOTS_SUPPORT_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/server/snapshot_store.h"
#include "core/state/meta.h"
#include "core/state/table_rows.h"
#include "core/state/table_store.h"

namespace konsul::net_api {

class FakeSnapshots {
 public:
  using Rows = std::vector<state::Replacement::Row>;

  explicit FakeSnapshots(state::TableStore& store) : store_(store) {}

  // The tables as they are now.
  std::unique_ptr<server::SnapshotFile> Open() {
    Rows rows;
    state::TableRows source(store_.Read());
    state::Row row;
    while (*source.Next(row)) {
      rows.push_back({row.table, std::string(row.key), std::string(row.value)});
    }
    const std::string bytes = absl::StrCat("KNSLSNAP fake number ", saved_.size());
    saved_[bytes] = rows;
    return std::make_unique<File>(bytes, std::move(rows));
  }
  // Takes the bytes of one that was opened.
  std::unique_ptr<server::SnapshotSpool> Spool() { return std::make_unique<Spooled>(*this); }

 private:
  class Source : public state::RowSource {
   public:
    explicit Source(const Rows& rows) : rows_(rows) {}
    absl::StatusOr<bool> Next(state::Row& row) override {
      if (next_ == rows_.size()) return false;
      const auto& each = rows_[next_++];
      row = {each.table, each.key, each.value};
      return true;
    }

   private:
    const Rows& rows_;
    size_t next_ = 0;
  };

  class File : public server::SnapshotFile {
   public:
    File(std::string bytes, FakeSnapshots::Rows rows)
        : bytes_(std::move(bytes)), rows_(std::move(rows)) {
      for (const auto& row : rows_) {
        if (row.table != state::Table::kMeta || row.key != state::kMetaApplied) continue;
        meta_.point.last = {Index(*state::DecodeU64(row.value)), Term(1)};
      }
      meta_.bytes = bytes_.size();
    }
    const server::SnapshotMeta& meta() const override { return meta_; }
    absl::StatusOr<std::string> ReadAt(uint64_t offset, uint64_t size) override {
      return bytes_.substr(offset, size);
    }
    std::unique_ptr<state::RowSource> Rows() override { return std::make_unique<Source>(rows_); }

   private:
    const std::string bytes_;
    const FakeSnapshots::Rows rows_;
    server::SnapshotMeta meta_;
  };

  class Spooled : public server::SnapshotSpool {
   public:
    explicit Spooled(FakeSnapshots& snapshots) : snapshots_(snapshots) {}
    absl::Status Write(absl::string_view bytes) override {
      absl::StrAppend(&bytes_, bytes);
      return absl::OkStatus();
    }
    absl::StatusOr<std::unique_ptr<server::SnapshotFile>> Finish() override {
      const auto it = snapshots_.saved_.find(bytes_);
      if (it == snapshots_.saved_.end()) return absl::InvalidArgumentError("no intact snapshot");
      return std::make_unique<File>(it->first, it->second);
    }

   private:
    FakeSnapshots& snapshots_;
    std::string bytes_;
  };

  state::TableStore& store_;
  std::map<std::string, Rows> saved_;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_FAKE_SNAPSHOTS_SUPPORT_H_
