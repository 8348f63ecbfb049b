#include "storage/archive/writer.h"

#include "absl/strings/str_cat.h"
#include "storage/archive/tar.h"

namespace konsul::archive {
namespace {

std::string SumLine(std::string hex, absl::string_view name) {
  return absl::StrCat(hex, "  ", name, "\n");
}

}  // namespace

ArchiveWriter::ArchiveWriter(const Meta& meta, WallTime mtime)
    : meta_json_(EncodeMeta(meta)), size_(meta.size), mtime_(mtime.ns / 1'000'000'000) {}

void ArchiveWriter::AddFile(absl::string_view name, absl::string_view content, std::string& out) {
  gzip_.Add(TarHeader(name, content.size(), mtime_), out);
  gzip_.Add(content, out);
  gzip_.Add(std::string(TarPadding(content.size()), '\0'), out);
}

void ArchiveWriter::Begin(std::string& out) {
  AddFile(kMetaName, meta_json_, out);
  gzip_.Add(TarHeader(kStateName, size_, mtime_), out);
}

absl::Status ArchiveWriter::AddState(absl::string_view bytes, std::string& out) {
  if (bytes.size() > size_ - added_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the snapshot has more than the ", size_, " bytes that were announced"));
  }
  added_ += bytes.size();
  state_hash_.Add(bytes);
  gzip_.Add(bytes, out);
  return absl::OkStatus();
}

absl::Status ArchiveWriter::Finish(std::string& out) {
  if (added_ != size_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the snapshot has only ", added_, " of the ", size_, " bytes announced"));
  }
  gzip_.Add(std::string(TarPadding(size_), '\0'), out);
  Sha256 meta_hash;
  meta_hash.Add(meta_json_);
  AddFile(kSumsName,
          SumLine(meta_hash.TakeHex(), kMetaName) + SumLine(state_hash_.TakeHex(), kStateName),
          out);
  gzip_.Add(TarEnd(), out);
  gzip_.Finish(out);
  return absl::OkStatus();
}

}  // namespace konsul::archive
