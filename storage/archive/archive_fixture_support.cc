#include "storage/archive/archive_fixture_support.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/status.h"
#include "storage/archive/gzip_stream.h"
#include "storage/archive/reader.h"
#include "storage/archive/sha256.h"
#include "storage/archive/tar.h"
#include "storage/archive/writer.h"

namespace konsul::archive {
namespace {

constexpr WallTime kThen{1'700'000'000'123'000'000};

std::string HexOf(const std::string& bytes) {
  Sha256 sha;
  sha.Add(bytes);
  return sha.TakeHex();
}

}  // namespace

Meta SomeMeta(uint64_t size) {
  raft::SnapshotPoint point;
  point.last = {Index(42), Term(3)};
  point.configuration_index = Index(7);
  point.configuration.voters = {{NodeId(0x1a), "n1", "10.0.0.1:8300"}};
  point.configuration.learners = {{NodeId(0x2b), "n2", "10.0.0.2:8300"}};
  return MetaOf(point, size, kThen);
}

std::string SomeState(size_t size, uint64_t seed) {
  std::string state = "KNSLSNAP";
  while (state.size() < size) state.push_back(static_cast<char>(Mix64(seed++)));
  return state;
}

std::string ArchiveOf(const std::string& state) {
  ArchiveWriter writer(SomeMeta(state.size()), kThen);
  std::string archive;
  writer.Begin(archive);
  KONSUL_CHECK(writer.AddState(state, archive).ok());
  KONSUL_CHECK(writer.Finish(archive).ok());
  return archive;
}

absl::StatusOr<Unpacked> Unpack(absl::string_view archive, size_t piece) {
  Unpacked unpacked;
  ArchiveReader reader([&](absl::string_view bytes) {
    unpacked.state.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  while (!archive.empty()) {
    KONSUL_RETURN_IF_ERROR(reader.Push(archive.substr(0, piece)));
    archive.remove_prefix(std::min(piece, archive.size()));
  }
  KONSUL_ASSIGN_OR_RETURN(unpacked.meta, reader.Finish());
  return unpacked;
}

std::string Gzipped(absl::string_view bytes) {
  GzipWriter gzip;
  std::string out;
  gzip.Add(bytes, out);
  gzip.Finish(out);
  return out;
}

std::string Gunzipped(absl::string_view bytes) {
  GzipReader gzip;
  std::string out;
  KONSUL_CHECK(gzip.Push(bytes,
                         [&](absl::string_view piece) {
                           out.append(piece.data(), piece.size());
                           return absl::OkStatus();
                         })
                   .ok() &&
               gzip.ended());
  return out;
}

std::string TarOf(const Files& files) {
  std::string tar;
  for (const auto& [name, content] : files) {
    absl::StrAppend(&tar, TarHeader(name, content.size(), 0), content,
                    std::string(TarPadding(content.size()), '\0'));
  }
  return tar + TarEnd();
}

Files FilesOf(const std::string& state) {
  const std::string meta = EncodeMeta(SomeMeta(state.size()));
  return {
      {"meta.json", meta},
      {"state.bin", state},
      {"SHA256SUMS", absl::StrCat(HexOf(meta), "  meta.json\n", HexOf(state), "  state.bin\n")}};
}

}  // namespace konsul::archive
