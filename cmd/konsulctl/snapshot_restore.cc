// The state of a backup in place of the servers' own.
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/json.h"
#include "cmd/konsulctl/snapshot_reader.h"
#include "cmd/konsulctl/snapshot_text.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using boost::json::object;
using flags::Kind;

// For the upload and for what the servers do with it.
constexpr Duration kRestoreTimeout = 3600s;
constexpr uint64_t kLinesDefault = 100;
constexpr uint64_t kLinesMax = 100'000;

// What the archive says, once all of it has been found right.
absl::StatusOr<archive::Meta> CheckFile(const std::string& path, fiber::Scheduler& scheduler) {
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                          OpenSnapshot(path, scheduler));
  KONSUL_RETURN_IF_ERROR(CheckAll(*reader));
  if (!reader->bare()) return reader->meta();
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": a snapshot file without its archive. An archive is what `konsulctl "
                   "snapshot save` makes"));
}

absl::StatusOr<http::Response> Upload(Api& api, const std::string& path, bool dry_run) {
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, FileSource::Open(path));
  http::Client::Upload upload;
  upload.size = *source->size();
  uint64_t sent = 0;
  upload.next = [&](std::string& piece) -> absl::Status {
    const size_t before = piece.size();
    KONSUL_ASSIGN_OR_RETURN(const bool more, source->Read(piece));
    sent += piece.size() - before;
    if (more && sent <= upload.size) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(path, ": it changed while it was sent"));
  };
  Api::Question question{.method = "PUT", .path = "/v1/snapshot", .timeout = kRestoreTimeout};
  if (dry_run) question.query.push_back({"dry-run", ""});
  KONSUL_ASSIGN_OR_RETURN(http::Response reply, api.Begin(std::move(question), &upload));
  bool more = true;
  while (more) {
    KONSUL_ASSIGN_OR_RETURN(more, api.ReadBody(reply.body));
  }
  if (reply.status != 200) return UnexpectedReply(reply);
  return reply;
}

// Of the reply to a dry run: docs/api/snapshot.md.
std::string DiffText(const object& diff, uint64_t lines) {
  std::vector<std::vector<std::string>> rows = {{"", "Added", "Changed", "Removed", "Unchanged"}};
  for (const char* kind : {"Keys", "Sessions", "Nodes", "Checks"}) {
    const boost::json::value* value = diff.if_contains(kind);
    if (value == nullptr || !value->is_object()) continue;
    const object& counts = value->get_object();
    std::vector<std::string> row = {kind};
    for (const char* field : {"Added", "Changed", "Removed", "Unchanged"}) {
      row.push_back(absl::StrCat(Number(counts, field)));
    }
    rows.push_back(std::move(row));
  }
  std::string out = absl::StrCat("A restore would go to index ", Number(diff, "SnapshotIndex"),
                                 " of the snapshot. Nothing was changed.\n\n", Table(rows));
  if (const uint64_t lost = Number(diff, "LocksLost"); lost > 0) {
    absl::StrAppend(&out, lost, " locks would be lost.\n");
  }
  const std::vector<object> changes = Objects(diff, "Changes");
  if (!changes.empty() && lines > 0) out += "\n";
  for (size_t i = 0; i < changes.size() && i < lines; ++i) {
    const std::string change = Text(changes[i], "Change");
    absl::StrAppend(&out,
                    change == "added"     ? "+"
                    : change == "removed" ? "-"
                                          : "~",
                    " ", Text(changes[i], "Kind"), " ", Printable(Text(changes[i], "Key")), "\n");
  }
  return out;
}

Outcome Refused(const absl::Status& status) {
  const bool complete = absl::StartsWith(status.message(), "Error!");
  return {.error = absl::StrCat(complete ? "" : "Error! ", status.message()), .code = kExitFailure};
}

absl::StatusOr<Outcome> RunRestore(Api& api, const flags::Parsed& parsed) {
  const std::string& path = parsed.positional[0];
  const bool dry_run = parsed.GetBool("dry-run");
  if (parsed.Has("limit") && !dry_run) {
    return absl::InvalidArgumentError("-limit needs -dry-run");
  }
  KONSUL_ASSIGN_OR_RETURN(const uint64_t lines, CountOf(parsed, "limit", kLinesDefault, kLinesMax));
  const absl::StatusOr<archive::Meta> meta = CheckFile(path, api.env().scheduler);
  if (absl::IsCancelled(meta.status())) return meta.status();
  if (!meta.ok()) {
    Outcome outcome = Refused(meta.status());
    outcome.error += "\nNothing was sent to the server.";
    return outcome;
  }
  const absl::StatusOr<http::Response> reply = Upload(api, path, dry_run);
  if (absl::IsCancelled(reply.status())) return reply.status();
  if (!reply.ok()) return Refused(reply.status());
  if (dry_run) {
    if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply->body, "\n"));
    KONSUL_ASSIGN_OR_RETURN(const object diff, ParseObject(reply->body));
    return Outcome::Ok(DiffText(diff, lines));
  }
  if (WantsJson(parsed)) {
    const object json = {{"Restored", true}, {"ID", JsonText(meta->id)}, {"Index", meta->index}};
    return Outcome::Ok(boost::json::serialize(json) + "\n");
  }
  return Outcome::Ok(
      absl::StrCat("Restored snapshot of index ", meta->index, " from ", path, "\n"));
}

}  // namespace

Command SnapshotRestore() {
  return {"snapshot restore",
          "FILE",
          "Put the state of a snapshot archive in the place of the servers' own.\n\n"
          "The file is checked wholly before anything is sent, and by the server again before it\n"
          "changes anything. What was written since the snapshot was taken is gone afterwards:\n"
          "-dry-run tells what that is, and `konsulctl snapshot save` keeps it.",
          {{"dry-run", Kind::kBool, "", "Change nothing, and print what a restore would change."},
           {"limit", Kind::kString, "N", "Of -dry-run: name at most N changes. Default: 100."}},
          1,
          1,
          RunRestore};
}

}  // namespace konsul::ctl
