#include "net/api/snapshot_routes.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "core/api/snapshot.h"
#include "core/base/status.h"
#include "net/api/blocking.h"
#include "net/api/reply.h"
#include "storage/archive/reader.h"
#include "storage/archive/writer.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

constexpr char kPath[] = "/v1/snapshot";
constexpr size_t kPieceBytes = 256 << 10;
// Changes that a dry run names; it counts all.
constexpr size_t kChangesNamed = 1000;

// A snapshot's file, packed while it is sent.
class ArchiveBody final : public http::BodyStream {
 public:
  ArchiveBody(std::unique_ptr<server::SnapshotFile> file, WallTime now)
      : file_(std::move(file)),
        writer_(archive::MetaOf(file_->meta().point, file_->meta().bytes, now), now) {}

  absl::StatusOr<Step> Next(std::string& out) override {
    if (offset_ == 0) writer_.Begin(out);
    const uint64_t left = file_->meta().bytes - offset_;
    KONSUL_ASSIGN_OR_RETURN(const std::string piece,
                            file_->ReadAt(offset_, std::min<uint64_t>(left, kPieceBytes)));
    if (piece.empty()) return absl::DataLossError("the snapshot is shorter than it should be");
    offset_ += piece.size();
    KONSUL_RETURN_IF_ERROR(writer_.AddState(piece, out));
    if (offset_ < file_->meta().bytes) return Step::kMore;
    KONSUL_RETURN_IF_ERROR(writer_.Finish(out));
    return Step::kEnd;
  }

 private:
  const std::unique_ptr<server::SnapshotFile> file_;
  archive::ArchiveWriter writer_;
  uint64_t offset_ = 0;
};

absl::StatusOr<Response> Save(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const ReadParameters read, ParseRead(request));
  KONSUL_ASSIGN_OR_RETURN(api::SavedSnapshot saved,
                          api::SaveSnapshot(context, {.consistency = read.consistency}));
  Response response;
  response.headers.Set("Content-Type", "application/x-gzip");
  SetReadHeaders(saved.meta, response);
  response.stream = std::make_shared<ArchiveBody>(std::move(saved.file), context.clock.WallNow());
  return response;
}

// The snapshot in the request's body, verified as far as that is possible without the state.
absl::StatusOr<std::unique_ptr<server::SnapshotFile>> TakeIn(const api::Context& context,
                                                             const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const auto spool, api::SpoolSnapshot(context));
  archive::ArchiveReader reader([&](absl::string_view bytes) { return spool->Write(bytes); });
  if (request.upload == nullptr) {
    KONSUL_RETURN_IF_ERROR(reader.Push(request.body));
  } else {
    std::string piece;
    while (true) {
      piece.clear();
      KONSUL_ASSIGN_OR_RETURN(const bool more, request.upload->Read(piece));
      if (!more) break;
      KONSUL_RETURN_IF_ERROR(reader.Push(piece));
    }
  }
  KONSUL_ASSIGN_OR_RETURN(const archive::Meta meta, reader.Finish());
  KONSUL_ASSIGN_OR_RETURN(auto file, spool->Finish());
  KONSUL_RETURN_IF_ERROR(archive::CheckFits(meta, file->meta().point));
  return file;
}

absl::string_view NameOf(state::Restoration::Change change) {
  switch (change) {
    case state::Restoration::Change::kAdded:
      return "added";
    case state::Restoration::Change::kChanged:
      return "changed";
    case state::Restoration::Change::kRemoved:
      return "removed";
  }
  return "";
}

absl::string_view KindOf(state::Table table) {
  switch (table) {
    case state::Table::kKv:
      return "key";
    case state::Table::kSessions:
      return "session";
    case state::Table::kNodes:
      return "node";
    default:
      return "check";
  }
}

void WriteCounts(absl::string_view name, const state::Restoration::Counts& counts,
                 JsonWriter& json) {
  json.Key(name);
  json.BeginObject();
  json.Key("Added");
  json.Number(counts.added);
  json.Key("Changed");
  json.Number(counts.changed);
  json.Key("Removed");
  json.Number(counts.removed);
  json.Key("Unchanged");
  json.Number(counts.unchanged);
  json.EndObject();
}

Response DiffReply(const Request& request, const raft::SnapshotPoint& point,
                   const api::SnapshotDiff& diff) {
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("SnapshotIndex");
    json.Number(point.last.index.value);
    WriteCounts("Keys", diff.summary.keys, json);
    WriteCounts("Sessions", diff.summary.sessions, json);
    WriteCounts("Nodes", diff.summary.nodes, json);
    WriteCounts("Checks", diff.summary.checks, json);
    json.Key("LocksLost");
    json.Number(diff.summary.locks_lost);
    json.Key("Changes");
    json.BeginArray();
    for (const auto& each : diff.first) {
      json.BeginObject();
      json.Key("Change");
      json.String(NameOf(each.change));
      json.Key("Kind");
      json.String(KindOf(each.table));
      json.Key("Key");
      // A check stands under its node and its own id.
      std::string key = each.key;
      std::replace(key.begin(), key.end(), '\0', '/');
      json.String(key);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
  });
}

absl::StatusOr<Response> RestoreUploaded(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const auto file, TakeIn(context, request));
  if (request.HasQuery("dry-run")) {
    KONSUL_ASSIGN_OR_RETURN(const api::SnapshotDiff diff,
                            api::CompareSnapshot(context, *file, kChangesNamed));
    return DiffReply(request, file->meta().point, diff);
  }
  KONSUL_RETURN_IF_ERROR(api::RestoreSnapshot(context, *file));
  return Response();
}

absl::StatusOr<Response> Restore(const api::Context& context, const Request& request) {
  auto response = RestoreUploaded(context, request);
  api::SweepSnapshots(context);
  return response;
}

}  // namespace

bool BringsArchive(const http::Request& request) {
  return request.method == "PUT" && request.path == kPath;
}

void AddSnapshotRoutes(const api::Context& context, Router& router) {
  router.Add("GET", kPath, [context](const Request& request, absl::string_view) {
    return OrError(Save(context, request));
  });
  router.Add("PUT", kPath, [context](const Request& request, absl::string_view) {
    return OrError(Restore(context, request));
  });
}

}  // namespace konsul::net_api
