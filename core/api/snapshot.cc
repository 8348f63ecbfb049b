#include "core/api/snapshot.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/blocking.h"
#include "core/api/long_reads.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/wire/command.h"
#include "core/wire/rows.h"

namespace konsul::api {
namespace {

// Of one step, which may be repeated without harm.
constexpr int kAttempts = 10;

// The steps of one restore.
class Restorer {
 public:
  Restorer(const Context& context, std::string id) : context_(context), id_(std::move(id)) {}

  absl::Status Run(server::SnapshotFile& file) {
    KONSUL_RETURN_IF_ERROR(Do(wire::RestoreStep::kBegin, 0, ""));
    const std::unique_ptr<state::RowSource> rows = file.Rows();
    std::string piece;
    uint64_t pieces = 0;
    state::Row row;
    while (true) {
      KONSUL_ASSIGN_OR_RETURN(const bool more, rows->Next(row));
      if (!piece.empty() && (!more || piece.size() >= context_.options.restore_piece_bytes)) {
        // Sending suspends; what the row points to stays until the next one is asked for.
        KONSUL_RETURN_IF_ERROR(Do(wire::RestoreStep::kPiece, pieces++, piece));
        piece.clear();
      }
      if (!more) break;
      if (!state::IsRestored(row.table)) continue;
      wire::AppendRow(static_cast<uint8_t>(row.table), row.key, row.value, piece);
    }
    return Do(wire::RestoreStep::kCommit, pieces, "");
  }

  void GiveUp() { Do(wire::RestoreStep::kAbort, 0, "").IgnoreError(); }

 private:
  absl::Status Do(wire::RestoreStep step, uint64_t number, absl::string_view rows) {
    const std::string command = wire::EncodeCommand(wire::Restore{id_, step, number, rows});
    absl::StatusOr<std::string> done;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      done = context_.consensus.Execute(command, context_.WriteDeadline());
      const bool again = absl::IsUnavailable(done.status()) || absl::IsAborted(done.status()) ||
                         absl::IsDeadlineExceeded(done.status()) ||
                         absl::IsResourceExhausted(done.status());
      if (!again) break;
      // Until there is a leader that gets something done.
      const auto barrier =
          context_.consensus.ReadBarrier(server::Consistency::kConsistent, context_.ReadDeadline());
      if (absl::IsCancelled(barrier.status())) return barrier.status();
    }
    KONSUL_RETURN_IF_ERROR(done.status());
    KONSUL_ASSIGN_OR_RETURN(const wire::CommandResult result, wire::DecodeCommandResult(*done));
    return result.error.empty() ? absl::OkStatus() : absl::FailedPreconditionError(result.error);
  }

  const Context& context_;
  const std::string id_;
};

}  // namespace

absl::StatusOr<SavedSnapshot> SaveSnapshot(const Context& context, const ReadOptions& options) {
  SavedSnapshot saved;
  KONSUL_RETURN_IF_ERROR(Read(context, options, saved.meta,
                              [](const auto&, const auto&) { return absl::OkStatus(); }));
  KONSUL_ASSIGN_OR_RETURN(saved.file, context.cluster.OpenSnapshot(context.SnapshotDeadline()));
  saved.meta.index = saved.file->meta().point.last.index;
  return saved;
}

absl::StatusOr<std::unique_ptr<server::SnapshotSpool>> SpoolSnapshot(const Context& context) {
  return context.cluster.SpoolSnapshot();
}

void SweepSnapshots(const Context& context) { context.cluster.SweepSnapshots().IgnoreError(); }

absl::Status RestoreSnapshot(const Context& context, server::SnapshotFile& file) {
  KONSUL_CHECK(context.ids != nullptr, "a restore needs a name");
  Restorer restorer(context, context.ids->NewUuid());
  const absl::Status status = restorer.Run(file);
  if (!status.ok() && !absl::IsCancelled(status)) restorer.GiveUp();
  return status;
}

absl::StatusOr<SnapshotDiff> CompareSnapshot(const Context& context, server::SnapshotFile& file,
                                             size_t changes_max) {
  KONSUL_CHECK(context.long_reads != nullptr, "the comparison suspends");
  ReadMeta meta;
  std::unique_ptr<LongReads::Read> present;
  KONSUL_RETURN_IF_ERROR(Read(context, {}, meta, [&](const auto&, const auto&) {
    // Stays as it is while the file is read, which suspends.
    present = context.long_reads->Begin(context.store);
    return absl::OkStatus();
  }));
  if (present == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat("Too many long reads (",
                                                     context.long_reads->options().most,
                                                     ") on this server; try again"));
  }
  SnapshotDiff diff;
  // Nothing is written, so neither the index nor the number of tombstones matters.
  state::Restoration restoration(present->tables(), Index(1), 1);
  restoration.OnEachChange(
      [&](state::Restoration::Change change, state::Table table, absl::string_view key) {
        if (diff.first.size() < changes_max) {
          diff.first.push_back({change, table, std::string(key)});
        }
      });
  const std::unique_ptr<state::RowSource> rows = file.Rows();
  KONSUL_RETURN_IF_ERROR(restoration.Run(
      *rows, [](state::Table, absl::string_view, absl::string_view) { return absl::OkStatus(); },
      [] { return absl::OkStatus(); }));
  diff.summary = restoration.summary();
  return diff;
}

}  // namespace konsul::api
