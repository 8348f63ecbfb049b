#include "core/state/staging.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/state/meta.h"
#include "core/wire/rows.h"

namespace konsul::state {
namespace {

struct Staged {
  std::string id;  // empty: none is under way
  uint64_t pieces = 0;
};

absl::StatusOr<Staged> ReadStaged(const ReadTxn& txn) {
  const auto bytes = txn.Get(Table::kMeta, kMetaStaged);
  if (!bytes) return Staged{};
  const auto pieces = DecodeU64(bytes->substr(0, sizeof(uint64_t)));
  if (!pieces) return absl::DataLossError("table meta: damaged record \"staged\"");
  return Staged{std::string(bytes->substr(sizeof(uint64_t))), *pieces};
}

absl::Status WriteStaged(Effects& effects, const Staged& staged) {
  return effects.Put(Table::kMeta, kMetaStaged, absl::StrCat(EncodeU64(staged.pieces), staged.id));
}

absl::Status Clear(Effects& effects, const Staged& staged) {
  for (uint64_t i = 0; i < staged.pieces; ++i) {
    KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kStaged, EncodeU64(i)));
  }
  return effects.Delete(Table::kMeta, kMetaStaged);
}

Outcome NoneUnderWay(absl::string_view id) {
  return Outcome::Refused(
      absl::StrCat("restore ", id, " is not under way: another has begun, or it was given up"));
}

}  // namespace

OutcomeOr ApplyStaging(Effects& effects, const wire::Restore& restore) {
  KONSUL_ASSIGN_OR_RETURN(Staged staged, ReadStaged(effects.read()));
  switch (restore.step) {
    case wire::RestoreStep::kBegin:
      if (restore.id.empty()) return Outcome::Refused("a restore without an id");
      if (!staged.id.empty()) KONSUL_RETURN_IF_ERROR(Clear(effects, staged));
      KONSUL_RETURN_IF_ERROR(WriteStaged(effects, {std::string(restore.id), 0}));
      return Outcome::Done();
    case wire::RestoreStep::kPiece:
      if (restore.id.empty() || staged.id != restore.id) return NoneUnderWay(restore.id);
      if (restore.number < staged.pieces) return Outcome::Done();  // was repeated
      if (restore.number > staged.pieces) {
        return Outcome::Refused(
            absl::StrCat("piece ", restore.number, " of a restore that has ", staged.pieces));
      }
      KONSUL_RETURN_IF_ERROR(effects.Put(Table::kStaged, EncodeU64(restore.number), restore.rows));
      ++staged.pieces;
      KONSUL_RETURN_IF_ERROR(WriteStaged(effects, staged));
      return Outcome::Done();
    case wire::RestoreStep::kAbort:
      if (!restore.id.empty() && staged.id == restore.id) {
        KONSUL_RETURN_IF_ERROR(Clear(effects, staged));
      }
      return Outcome::Done();
    case wire::RestoreStep::kCommit:
      break;
  }
  KONSUL_ASSIGN_OR_RETURN(const CommitCheck check, CheckCommit(effects.read(), restore));
  return check == CommitCheck::kDone ? Outcome::Done() : NoneUnderWay(restore.id);
}

absl::StatusOr<CommitCheck> CheckCommit(const ReadTxn& txn, const wire::Restore& restore) {
  if (restore.id.empty()) return CommitCheck::kRefused;
  if (txn.Get(Table::kMeta, kMetaRestored) == restore.id) return CommitCheck::kDone;
  KONSUL_ASSIGN_OR_RETURN(const Staged staged, ReadStaged(txn));
  return staged.id == restore.id && staged.pieces == restore.number ? CommitCheck::kComplete
                                                                    : CommitCheck::kRefused;
}

absl::StatusOr<bool> StagedRows::Next(Row& row) {
  while (piece_.empty()) {
    const auto piece = txn_.Get(Table::kStaged, EncodeU64(number_));
    if (!piece) return false;
    ++number_;
    piece_ = *piece;
  }
  KONSUL_ASSIGN_OR_RETURN(const wire::RowView next, wire::TakeRow(piece_));
  if (next.table >= kTableCount) {
    return absl::InvalidArgumentError(
        absl::StrCat("rows of table ", next.table, ", which this version does not know"));
  }
  row = {static_cast<Table>(next.table), next.key, next.value};
  return true;
}

}  // namespace konsul::state
