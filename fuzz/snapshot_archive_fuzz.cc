// A snapshot archive of arbitrary bytes, as a client may send it: refused with a clean error, or
// taken apart the same way however it is cut; and what was taken apart can be packed again.
//
// Input: a byte of flags, a byte that says how it is cut, then the archive. 1: what follows is the
// tar, and is packed with gzip; 2: the checksums of its headers are made right; 4: SHA256SUMS, too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "core/base/check.h"
#include "storage/archive/gzip_stream.h"
#include "storage/archive/reader.h"
#include "storage/archive/sha256.h"
#include "storage/archive/tar.h"
#include "storage/archive/writer.h"

namespace konsul::archive {
namespace {

constexpr uint8_t kIsTar = 1;
constexpr uint8_t kRepairHeaders = 2;
constexpr uint8_t kRepairSums = 4;

// Of a header.
constexpr size_t kNameBytes = 100;
constexpr size_t kSizeAt = 124;
constexpr size_t kSizeDigits = 11;
constexpr size_t kChecksumAt = 148;
constexpr size_t kChecksumBytes = 8;

void RepairHeader(std::string& tar, size_t at) {
  tar.replace(at + kChecksumAt, kChecksumBytes, kChecksumBytes, ' ');
  unsigned sum = 0;
  for (size_t i = 0; i < kTarBlockBytes; ++i) sum += static_cast<unsigned char>(tar[at + i]);
  const std::string text = absl::StrFormat("%06o", sum) + std::string("\0 ", 2);
  tar.replace(at + kChecksumAt, kChecksumBytes, text);
}

std::optional<size_t> SizeAt(const std::string& tar, size_t at) {
  size_t size = 0;
  if (tar[at + kSizeAt] == '\x80') {
    // In binary; a small one.
    for (size_t i = 1; i <= kSizeDigits; ++i) {
      if (size >> 32 != 0) return std::nullopt;
      size = size << 8 | static_cast<unsigned char>(tar[at + kSizeAt + i]);
    }
    return size;
  }
  for (size_t i = 0; i < kSizeDigits; ++i) {
    const char c = tar[at + kSizeAt + i];
    if (c < '0' || c > '7') return std::nullopt;
    size = size * 8 + static_cast<size_t>(c - '0');
  }
  return size;
}

std::string HexOf(absl::string_view bytes) {
  Sha256 sha;
  sha.Add(bytes);
  return sha.TakeHex();
}

void Repair(std::string& tar, uint8_t flags) {
  std::map<std::string, std::pair<size_t, size_t>> files;  // where, and how long
  for (size_t at = 0; at + kTarBlockBytes <= tar.size();) {
    const absl::string_view name =
        absl::string_view(tar).substr(at, kNameBytes).substr(0, tar.find('\0', at) - at);
    if (!name.empty() && (flags & kRepairHeaders) != 0) RepairHeader(tar, at);
    const std::optional<size_t> size = SizeAt(tar, at);
    at += kTarBlockBytes;
    if (name.empty()) continue;
    if (!size || *size > tar.size() - at) break;
    files[std::string(name)] = {at, *size};
    at += *size + TarPadding(*size);
  }
  if ((flags & kRepairSums) == 0 || files.count(std::string(kSumsName)) == 0) return;
  std::string sums;
  for (const absl::string_view name : {kMetaName, kStateName}) {
    const auto [at, size] = files[std::string(name)];
    absl::StrAppend(&sums, HexOf(absl::string_view(tar).substr(at, size)), "  ", name, "\n");
  }
  const auto [at, size] = files[std::string(kSumsName)];
  const size_t fits = std::min(size, sums.size());
  tar.replace(at, fits, sums, 0, fits);
}

struct Unpacked {
  Meta meta;
  std::string state;
  friend bool operator==(const Unpacked&, const Unpacked&) = default;
};

std::optional<Unpacked> Unpack(absl::string_view bytes, size_t piece) {
  Unpacked unpacked;
  ArchiveReader reader([&](absl::string_view some) {
    unpacked.state.append(some.data(), some.size());
    return absl::OkStatus();
  });
  absl::Status status;
  while (status.ok() && !bytes.empty()) {
    const size_t size = std::min(piece, bytes.size());
    status = reader.Push(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  const absl::StatusOr<Meta> meta = reader.Finish();
  if (!status.ok()) KONSUL_CHECK(meta.status() == status, "an error was forgotten");
  if (!meta.ok()) {
    KONSUL_CHECK(absl::IsInvalidArgument(meta.status()) || absl::IsDataLoss(meta.status()),
                 meta.status().ToString());
    KONSUL_CHECK(absl::StrContains(meta.status().message(), "at offset "),
                 meta.status().ToString());
    return std::nullopt;
  }
  KONSUL_CHECK(reader.state_is_there() && reader.state_size() == unpacked.state.size());
  KONSUL_CHECK(meta->size == unpacked.state.size());
  unpacked.meta = *meta;
  return unpacked;
}

std::string Pack(const Unpacked& unpacked) {
  ArchiveWriter writer(unpacked.meta, WallTime{0});
  std::string bytes;
  writer.Begin(bytes);
  KONSUL_CHECK(writer.AddState(unpacked.state, bytes).ok());
  KONSUL_CHECK(writer.Finish(bytes).ok());
  return bytes;
}

}  // namespace
}  // namespace konsul::archive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace konsul;           // NOLINT
  using namespace konsul::archive;  // NOLINT
  if (size < 2) return 0;
  const uint8_t flags = data[0];
  std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if ((flags & kIsTar) != 0) {
    Repair(bytes, flags);
    GzipWriter gzip;
    std::string packed;
    gzip.Add(bytes, packed);
    gzip.Finish(packed);
    bytes = packed;
  }
  const std::optional<Unpacked> whole = Unpack(bytes, bytes.size() + 1);
  const std::optional<Unpacked> pieces = Unpack(bytes, data[1] + size_t{1});
  KONSUL_CHECK(whole == pieces, "the cuts make a difference");
  if (whole) KONSUL_CHECK(Unpack(Pack(*whole), 1000) == whole, "packed again it is another");
  return 0;
}
