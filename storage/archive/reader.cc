#include "storage/archive/reader.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"

namespace konsul::archive {
namespace {

// With which every snapshot of Konsul begins: docs/formats/snapshot.md.
constexpr absl::string_view kSnapshotMagic = "KNSLSNAP";

absl::Status Foreign() {
  return absl::InvalidArgumentError(
      "it is an archive of another program: its state.bin is not a snapshot of Konsul's, whose "
      "form is its own. To take data over from Consul, use `consul kv export` and `konsulctl kv "
      "import`");
}

absl::Status TooBig(absl::string_view name, uint64_t size, uint64_t most) {
  return absl::InvalidArgumentError(
      absl::StrCat("its ", name, " has ", size, " bytes; at most ", most, " are read"));
}

}  // namespace

absl::Status ArchiveReader::Push(absl::string_view bytes) {
  if (!error_.ok()) return error_;
  const absl::Status status =
      gzip_.Push(bytes, [this](absl::string_view unpacked) { return tar_.Push(unpacked, *this); });
  if (!status.ok()) error_ = sink_failed_ ? status : Explain(status);
  return error_;
}

absl::Status ArchiveReader::Explain(const absl::Status& status) const {
  const std::string where =
      absl::StrCat(" at offset ", gzip_.offset(), file_.empty() ? "" : ", within ", file_);
  if (absl::IsDataLoss(status)) {
    return absl::DataLossError(absl::StrCat("the snapshot archive is damaged", where, ": ",
                                            status.message(),
                                            ". Take another copy of it, or an older archive"));
  }
  return absl::Status(status.code(), absl::StrCat("not a snapshot archive of Konsul's: ",
                                                  status.message(), " (", where.substr(1), ")"));
}

absl::Status ArchiveReader::BeginFile(const std::string& name, uint64_t size) {
  const bool again = (name == kMetaName && meta_json_) || (name == kSumsName && sums_) ||
                     (name == kStateName && state_size_);
  if (again) {
    return absl::InvalidArgumentError(absl::StrCat("it holds two files with the name ", name));
  }
  if (name == kMetaName) {
    if (size > kMetaBytesMax) return TooBig(name, size, kMetaBytesMax);
    meta_json_.emplace();
  } else if (name == kSumsName) {
    if (size > kSumsBytesMax) return TooBig(name, size, kSumsBytesMax);
    sums_.emplace();
  } else if (name == kStateName) {
    if (size < kSnapshotMagic.size()) return Foreign();
    state_size_ = size;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("it holds a file \"", name, "\""));
  }
  file_ = name;
  return absl::OkStatus();
}

absl::Status ArchiveReader::TakeState(absl::string_view bytes) {
  if (state_seen_ < kSnapshotMagic.size()) {
    const absl::string_view expected = kSnapshotMagic.substr(state_seen_, bytes.size());
    if (bytes.substr(0, expected.size()) != expected) return Foreign();
  }
  state_seen_ += bytes.size();
  state_sha_.Add(bytes);
  const absl::Status status = sink_(bytes);
  sink_failed_ = !status.ok();
  return status;
}

absl::Status ArchiveReader::FileBytes(absl::string_view bytes) {
  if (file_ == kStateName) return TakeState(bytes);
  std::string& content = file_ == kMetaName ? *meta_json_ : *sums_;
  content.append(bytes.data(), bytes.size());
  return absl::OkStatus();
}

absl::Status ArchiveReader::EndFile() {
  if (file_ == kStateName) state_hash_ = state_sha_.TakeHex();
  file_.clear();
  return absl::OkStatus();
}

// As `sha256sum -c` does, and every file must be named.
absl::Status ArchiveReader::CheckSums() const {
  Sha256 meta_sha;
  meta_sha.Add(*meta_json_);
  std::map<absl::string_view, std::string> left = {{kMetaName, meta_sha.TakeHex()},
                                                   {kStateName, state_hash_}};
  for (const absl::string_view line : absl::StrSplit(*sums_, '\n', absl::SkipEmpty())) {
    // Two blanks, or a blank and a star for "binary".
    const absl::string_view hex = line.substr(0, kSha256HexDigits);
    absl::string_view name = line.substr(hex.size());
    if (!absl::ConsumePrefix(&name, "  ") && !absl::ConsumePrefix(&name, " *")) {
      return absl::DataLossError(absl::StrCat(kSumsName, " has a line that makes no sense"));
    }
    const auto found = left.find(name);
    if (found == left.end()) {
      return absl::DataLossError(absl::StrCat(kSumsName,
                                              " names a file that is not there, or one "
                                              "twice: ",
                                              name));
    }
    if (absl::AsciiStrToLower(hex) != found->second) {
      return absl::DataLossError(
          absl::StrCat(name, " does not have the SHA-256 that ", kSumsName, " says"));
    }
    left.erase(found);
  }
  if (left.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(kSumsName, " does not name ", left.begin()->first));
}

absl::StatusOr<Meta> ArchiveReader::CheckAll() const {
  if (!gzip_.ended() || !tar_.ended()) {
    if (gzip_.offset() == 0) return absl::InvalidArgumentError("it is empty");
    if (file_ == kStateName) {
      return absl::DataLossError(absl::StrCat("it is cut short after ", state_seen_, " of the ",
                                              *state_size_, " bytes of that file"));
    }
    return absl::DataLossError("it is cut short");
  }
  const auto missing = [](absl::string_view name) {
    return absl::InvalidArgumentError(absl::StrCat("it holds no ", name));
  };
  if (!meta_json_) return missing(kMetaName);
  if (!state_size_) return missing(kStateName);
  if (!sums_) return missing(kSumsName);
  KONSUL_RETURN_IF_ERROR(CheckSums());
  KONSUL_ASSIGN_OR_RETURN(Meta meta, DecodeMeta(*meta_json_));
  if (meta.size != *state_size_) {
    return absl::InvalidArgumentError(absl::StrCat(kMetaName, " says that ", kStateName, " has ",
                                                   meta.size, " bytes, and it has ", *state_size_));
  }
  return meta;
}

absl::StatusOr<Meta> ArchiveReader::Finish() {
  if (!error_.ok()) return error_;
  absl::StatusOr<Meta> meta = CheckAll();
  if (!meta.ok()) error_ = Explain(meta.status());
  if (!error_.ok()) return error_;
  return meta;
}

}  // namespace konsul::archive
