#include "storage/snapshot/file_writer.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/fixed.h"
#include "core/base/status.h"

namespace konsul::snapshot {
namespace {

// So that no flush of a whole snapshot stands before the syncs of the log.
constexpr uint64_t kSyncStep = 8 << 20;

}  // namespace

FileWriter::FileWriter(std::unique_ptr<env::File> file, const server::SnapshotMeta& meta,
                       size_t block_bytes, Codec& codec)
    : file_(std::move(file)),
      block_bytes_(block_bytes),
      codec_(codec),
      header_(EncodeHeader(meta)) {
  header_crc_ = GetFixed32(header_.data() + header_.size() - sizeof(uint32_t));
}

absl::Status FileWriter::Write(absl::string_view bytes) {
  KONSUL_RETURN_IF_ERROR(file_->WriteAt(offset_, bytes));
  totals_.file_crc = Crc32c(bytes, totals_.file_crc);
  offset_ += bytes.size();
  unsynced_ += bytes.size();
  if (unsynced_ < kSyncStep) return absl::OkStatus();
  unsynced_ = 0;
  return file_->Sync();
}

absl::Status FileWriter::Add(const state::Row& row) {
  KONSUL_RETURN_IF_ERROR(error_);
  KONSUL_CHECK(last_.key.empty() || Ascending(last_, row), "rows out of order");
  AppendRow(row, raw_);
  ++rows_;
  last_key_.assign(row.key.data(), row.key.size());
  last_ = {row.table, last_key_, {}};
  if (raw_.size() >= block_bytes_) error_ = CloseBlock();
  return error_;
}

absl::Status FileWriter::CloseBlock() {
  if (!header_.empty()) {
    KONSUL_RETURN_IF_ERROR(Write(header_));
    header_.clear();
  }
  if (rows_ == 0) return absl::OkStatus();
  KONSUL_CHECK(raw_.size() <= kBlockRawBytesMax, "a row of ", raw_.size(), " bytes");
  const bool smaller = codec_.Pack(raw_, packed_);
  BlockHeader header;
  header.compression = smaller ? Compression::kZstd : Compression::kNone;
  header.raw_bytes = static_cast<uint32_t>(raw_.size());
  header.rows = rows_;
  block_.clear();
  AppendBlock(header, smaller ? packed_ : raw_, {header_crc_, offset_}, block_);
  KONSUL_RETURN_IF_ERROR(Write(block_));
  ++totals_.blocks;
  totals_.rows += rows_;
  totals_.raw_bytes += raw_.size();
  raw_.clear();
  rows_ = 0;
  return absl::OkStatus();
}

absl::Status FileWriter::Finish() {
  KONSUL_RETURN_IF_ERROR(error_);
  error_ = CloseBlock();
  KONSUL_RETURN_IF_ERROR(error_);
  const std::string totals = EncodeTotals(totals_);
  BlockHeader header;
  header.type = BlockType::kEnd;
  header.raw_bytes = static_cast<uint32_t>(totals.size());
  block_.clear();
  AppendBlock(header, totals, {header_crc_, offset_}, block_);
  error_ = Write(block_);
  KONSUL_RETURN_IF_ERROR(error_);
  error_ = file_->Sync();
  return error_;
}

}  // namespace konsul::snapshot
