#include "storage/snapshot/file_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/status.h"

namespace konsul::snapshot {
namespace {

constexpr uint64_t kReadAhead = 256 << 10;

}  // namespace

absl::Status FileReader::Damaged(uint64_t offset, absl::string_view what) const {
  return absl::DataLossError(absl::StrCat(
      place_.disk.root(), "/", path_, ": the snapshot is damaged at offset ", offset, ": ", what));
}

absl::StatusOr<absl::string_view> FileReader::Peek(uint64_t size) {
  const uint64_t consumed = offset_ - buffer_at_;
  if (buffer_.size() < consumed + size) {
    buffer_.erase(0, consumed);
    buffer_at_ = offset_;
    size_t have = buffer_.size();
    const uint64_t left = header_.meta.bytes - std::min(header_.meta.bytes, offset_);
    buffer_.resize(std::max(size, std::min(kReadAhead, left)));
    while (have < buffer_.size()) {
      KONSUL_ASSIGN_OR_RETURN(
          const size_t got,
          file_->ReadAt(buffer_at_ + have, absl::MakeSpan(buffer_).subspan(have)));
      if (got == 0) break;
      have += got;
    }
    buffer_.resize(have);
  }
  return absl::string_view(buffer_).substr(offset_ - buffer_at_, size);
}

void FileReader::Take(absl::string_view bytes) {
  seen_.file_crc = Crc32c(bytes, seen_.file_crc);
  offset_ += bytes.size();
}

absl::Status FileReader::Open() {
  KONSUL_ASSIGN_OR_RETURN(file_, place_.disk.Open(path_, env::OpenMode::kRead));
  KONSUL_ASSIGN_OR_RETURN(header_.meta.bytes, file_->Size());
  KONSUL_ASSIGN_OR_RETURN(const absl::string_view fixed, Peek(kHeaderFixedBytes));
  const absl::StatusOr<size_t> size = HeaderBytes(fixed);
  if (absl::IsDataLoss(size.status())) return Damaged(0, size.status().message());
  if (!size.ok()) return Annotate(size.status(), absl::StrCat(place_.disk.root(), "/", path_));
  if (*size > header_.meta.bytes) return Damaged(0, "cut short within the header");
  KONSUL_ASSIGN_OR_RETURN(const absl::string_view bytes, Peek(*size));
  absl::StatusOr<Header> header = DecodeHeader(bytes);
  if (!header.ok()) return Damaged(0, header.status().message());
  header->meta.bytes = header_.meta.bytes;
  header_ = *std::move(header);
  Take(bytes);
  return absl::OkStatus();
}

absl::StatusOr<bool> FileReader::NextBlock() {
  KONSUL_CHECK(offset_ > 0, "Open() comes first");
  // Most blocks are in memory already.
  KONSUL_RETURN_IF_ERROR(place_.scheduler.Yield());
  KONSUL_ASSIGN_OR_RETURN(const absl::string_view head, Peek(kBlockHeaderBytes));
  if (head.size() < kBlockHeaderBytes) return Damaged(offset_, "no end, and no room for a block");
  const std::optional<BlockHeader> header = DecodeBlockHeader(head);
  if (!header) return Damaged(offset_, "not the header of a block");
  const uint64_t size = kBlockHeaderBytes + header->stored_bytes;
  if (size > header_.meta.bytes - offset_) return Damaged(offset_, "a block is cut short");
  KONSUL_ASSIGN_OR_RETURN(const absl::string_view whole, Peek(size));
  if (whole.size() < size) return Damaged(offset_, "a block is cut short");
  if (!BlockIsIntact(whole, {header_.crc, offset_})) {
    return Damaged(offset_, "a block's checksum is wrong");
  }
  block_ = *header;
  payload_ = whole.substr(kBlockHeaderBytes);
  if (block_.type == BlockType::kEnd) {
    const std::optional<Totals> totals = DecodeTotals(payload_);
    if (!totals || *totals != seen_) return Damaged(offset_, "the end does not fit what is before");
    if (offset_ + size != header_.meta.bytes)
      return Damaged(offset_ + size, "bytes behind the end");
    offset_ += size;
    return false;
  }
  ++seen_.blocks;
  seen_.rows += block_.rows;
  seen_.raw_bytes += block_.raw_bytes;
  Take(whole);
  return true;
}

FileRows::FileRows(const Place& place, std::string path, Codec& codec)
    : reader_(place, std::move(path)), codec_(codec) {}

absl::Status FileRows::Decompress() {
  const BlockHeader& block = reader_.block();
  if (block.compression == Compression::kNone) {
    raw_.assign(reader_.payload().data(), reader_.payload().size());
  } else {
    raw_.resize(block.raw_bytes);
    const absl::Status status = codec_.Unpack(reader_.payload(), raw_);
    if (!status.ok()) return reader_.Damaged(reader_.offset(), status.message());
  }
  if (raw_.size() != block.raw_bytes) {
    return reader_.Damaged(reader_.offset(), "the block before has another length when unpacked");
  }
  rest_ = raw_;
  rows_left_ = block.rows;
  return absl::OkStatus();
}

absl::StatusOr<bool> FileRows::Next(state::Row& row) {
  if (!opened_) {
    KONSUL_RETURN_IF_ERROR(reader_.Open());
    opened_ = true;
  }
  while (rows_left_ == 0) {
    if (!rest_.empty()) {
      return reader_.Damaged(reader_.offset(), "the block before holds more than its rows");
    }
    last_key_ = std::string(last_.key);
    last_.key = last_key_;
    KONSUL_ASSIGN_OR_RETURN(const bool more, reader_.NextBlock());
    if (!more) return false;
    KONSUL_RETURN_IF_ERROR(Decompress());
  }
  if (!TakeRow(rest_, row)) {
    return reader_.Damaged(reader_.offset(), "the block before holds something that is no row");
  }
  if (!last_.key.empty() && !Ascending(last_, row)) {
    return reader_.Damaged(reader_.offset(), "the block before holds rows out of order");
  }
  last_ = row;
  --rows_left_;
  return true;
}

absl::StatusOr<server::SnapshotMeta> Verify(const Place& place, const std::string& path) {
  FileReader reader(place, path);
  KONSUL_RETURN_IF_ERROR(reader.Open());
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, reader.NextBlock());
    if (!more) return reader.meta();
  }
}

}  // namespace konsul::snapshot
