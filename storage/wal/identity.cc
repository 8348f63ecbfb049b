#include "storage/wal/identity.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/crc32c.h"
#include "core/base/status.h"
#include "storage/wal/format.h"
#include "storage/wal/segment.h"
#include "storage/wal/wal.h"

namespace konsul::wal {
namespace {

constexpr absl::string_view kFileName = "node";
constexpr absl::string_view kTemporaryName = "node.tmp";
constexpr absl::string_view kMagic = "KNSLNODE";
constexpr uint32_t kIdentityVersion = 2;
constexpr uint64_t kHasLog = 1;
constexpr size_t kFixedBytes = 40;  // before the name
constexpr size_t kNameBytesMax = 1024;

std::string Encode(const Identity& identity) {
  std::string out(kMagic);
  PutFixed32(out, kIdentityVersion);
  PutFixed32(out, static_cast<uint32_t>(identity.name.size()));
  PutFixed64(out, identity.id.value);
  PutFixed64(out, identity.cluster.value);
  PutFixed64(out, identity.has_log ? kHasLog : 0);
  out.append(identity.name);
  PutFixed32(out, Crc32c(out));
  return out;
}

absl::StatusOr<Identity> Decode(absl::string_view bytes) {
  const absl::Status damaged =
      absl::DataLossError("damaged: not a node file, or its checksum is wrong");
  if (bytes.size() < kFixedBytes + sizeof(uint32_t) || bytes.substr(0, kMagic.size()) != kMagic) {
    return damaged;
  }
  const absl::string_view covered = bytes.substr(0, bytes.size() - sizeof(uint32_t));
  if (GetFixed32(covered.data() + covered.size()) != Crc32c(covered)) return damaged;
  const uint32_t version = GetFixed32(bytes.data() + 8);
  if (version != kIdentityVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        "written in format version ", version, ", this program reads version ", kIdentityVersion));
  }
  Identity identity{NodeId(GetFixed64(bytes.data() + 16)), std::string(covered.substr(kFixedBytes)),
                    ClusterId(GetFixed64(bytes.data() + 24)),
                    GetFixed64(bytes.data() + 32) == kHasLog};
  if (GetFixed64(bytes.data() + 32) > kHasLog ||
      GetFixed32(bytes.data() + 12) != identity.name.size() || identity.id == NodeId()) {
    return damaged;
  }
  return identity;
}

absl::StatusOr<std::string> ReadAll(env::Disk& disk, absl::string_view path) {
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::File> file, disk.Open(path, env::OpenMode::kRead));
  std::string bytes(kFixedBytes + kNameBytesMax + 2 * sizeof(uint32_t), '\0');
  KONSUL_ASSIGN_OR_RETURN(size_t got, file->ReadAt(0, absl::MakeSpan(bytes)));
  bytes.resize(got);
  return bytes;
}

// A log without the node file would be taken for another server's: better to say what is missing.
absl::Status CheckNoLog(env::Disk& disk) {
  const std::string directory = Options().directory;
  KONSUL_ASSIGN_OR_RETURN(bool exists, disk.Exists(directory));
  if (!exists) return absl::OkStatus();
  KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> names, disk.List(directory));
  for (const std::string& name : names) {
    if (ParseSegmentName(name)) {
      return absl::DataLossError(absl::StrCat("missing, but ", disk.root(), "/", directory, "/",
                                              name, " is there: the directory has lost a file"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Identity> LoadOrCreate(env::Disk& disk, absl::string_view node_name,
                                      env::Random& random) {
  KONSUL_ASSIGN_OR_RETURN(bool exists, disk.Exists(kFileName));
  if (exists) {
    KONSUL_ASSIGN_OR_RETURN(std::string bytes, ReadAll(disk, kFileName));
    KONSUL_ASSIGN_OR_RETURN(Identity identity, Decode(bytes));
    // The process that wrote it may have died before the name was durable.
    KONSUL_RETURN_IF_ERROR(disk.SyncDir(""));
    return identity;
  }
  KONSUL_RETURN_IF_ERROR(CheckNoLog(disk));
  Identity identity{NodeId(random.Next()), std::string(node_name), ClusterId(), false};
  while (identity.id == NodeId()) identity.id = NodeId(random.Next());
  KONSUL_RETURN_IF_ERROR(UpdateIdentity(disk, identity));
  return identity;
}

}  // namespace

absl::StatusOr<Identity> LoadOrCreateIdentity(env::Disk& disk, absl::string_view node_name,
                                              env::Random& random) {
  if (node_name.empty() || node_name.size() > kNameBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a node name has 1 to ", kNameBytesMax, " bytes, not ", node_name.size()));
  }
  absl::StatusOr<Identity> identity = LoadOrCreate(disk, node_name, random);
  if (!identity.ok()) {
    return Annotate(identity.status(), absl::StrCat(disk.root(), "/", kFileName));
  }
  if (identity->name != node_name) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data directory ", disk.root(), " belongs to node \"", identity->name, "\", not \"",
        node_name, "\": start with that name, or give this node a directory of its own"));
  }
  return identity;
}

absl::StatusOr<Identity> LoadIdentity(env::Disk& disk) {
  absl::StatusOr<std::string> bytes = ReadAll(disk, kFileName);
  absl::StatusOr<Identity> identity = bytes.ok() ? Decode(*bytes) : bytes.status();
  if (identity.ok()) return identity;
  return Annotate(identity.status(), absl::StrCat(disk.root(), "/", kFileName));
}

absl::Status UpdateIdentity(env::Disk& disk, const Identity& identity) {
  absl::Status removed = disk.Remove(kTemporaryName);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::File> file,
                          disk.Open(kTemporaryName, env::OpenMode::kCreateNew));
  KONSUL_RETURN_IF_ERROR(file->WriteAt(0, Encode(identity)));
  KONSUL_RETURN_IF_ERROR(file->Sync());
  KONSUL_RETURN_IF_ERROR(disk.Rename(kTemporaryName, kFileName));
  return disk.SyncDir("");
}

}  // namespace konsul::wal
