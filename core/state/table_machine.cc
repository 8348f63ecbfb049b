#include "core/state/table_machine.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "core/state/event_commands.h"
#include "core/state/meta.h"
#include "core/state/restoration.h"
#include "core/state/staging.h"
#include "core/state/table_rows.h"
#include "core/wire/kv.h"

namespace konsul::state {
namespace {

// Of rows in one transaction of Restore: well below a millisecond.
constexpr size_t kRestoreChunkBytes = 64 << 10;
constexpr size_t kRowOverheadBytes = 64;

wire::CommandResult Result(Index index, Outcome outcome) {
  return {.success = outcome.success, .index = index, .error = std::move(outcome.error)};
}

// For kFollowerKeepsSessionKeys: the locked keys of before, which come back unless the snapshot has
// them, too.
std::vector<Replacement::Row> KeptByMutant(TableStore& store) {
  std::vector<Replacement::Row> kept;
  if (!mutation::On(Mutation::kFollowerKeepsSessionKeys)) return kept;
  store.Read()->Scan(Table::kKv, "", [&](absl::string_view key, absl::string_view value) {
    const auto entry = wire::DecodeKvEntry(value);
    if (entry.ok() && !entry->session.empty()) {
      kept.push_back({Table::kKv, std::string(key), std::string(value)});
    }
    return true;
  });
  return kept;
}

absl::Status PutBack(const std::vector<Replacement::Row>& kept, TableStore& store) {
  if (kept.empty()) return absl::OkStatus();
  const auto txn = store.Write();
  for (const Replacement::Row& row : kept) {
    if (!txn->Get(row.table, row.key)) {
      KONSUL_RETURN_IF_ERROR(txn->Put(row.table, row.key, row.value));
    }
  }
  return txn->Commit();
}

}  // namespace

TableMachine::TableMachine(TableStore& store, Options options)
    : store_(store), max_tombstones_(options.max_tombstones), tombstones_(options.max_tombstones) {}

absl::StatusOr<std::unique_ptr<TableMachine>> TableMachine::Open(TableStore& store,
                                                                 Options options) {
  auto machine = absl::WrapUnique(new TableMachine(store, options));
  KONSUL_RETURN_IF_ERROR(machine->Load());
  return machine;
}

absl::Status TableMachine::Load() {
  const auto txn = store_.Read();
  KONSUL_ASSIGN_OR_RETURN(const uint64_t applied, ReadMetaU64(*txn, kMetaApplied));
  KONSUL_ASSIGN_OR_RETURN(const Hash128 digest, ReadMetaDigest(*txn));
  KONSUL_RETURN_IF_ERROR(tombstones_.Load(*txn));
  applied_ = Index(applied);
  digest_.Restore(digest);
  return absl::OkStatus();
}

void TableMachine::RecordIn(ChangeLog& changes) {
  changes_ = &changes;
  changes.Restart(applied_);
}

absl::StatusOr<StateMachine::Frozen> TableMachine::Freeze() {
  return Frozen{applied_, digest(), std::make_unique<TableRows>(store_.Freeze())};
}

absl::Status TableMachine::Restore(RowSource& rows) {
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<Replacement> replacement, store_.Replace());
  std::vector<Replacement::Row> chunk;
  bool is_snapshot = false;
  bool more = true;
  while (more) {
    // Gathered first: the source suspends, and a transaction is not held across that.
    chunk.clear();
    for (size_t bytes = 0; more && bytes < kRestoreChunkBytes;) {
      Row row;
      KONSUL_ASSIGN_OR_RETURN(more, rows.Next(row));
      if (!more) break;
      if (mutation::On(Mutation::kRestoreDropsRows) && row.table == Table::kSessionKeys) continue;
      if (mutation::On(Mutation::kSnapshotDropsStaged) && row.table == Table::kStaged) continue;
      is_snapshot |= row.table == Table::kMeta && row.key == kMetaApplied;
      chunk.push_back({row.table, std::string(row.key), std::string(row.value)});
      bytes += row.key.size() + row.value.size() + kRowOverheadBytes;
    }
    KONSUL_RETURN_IF_ERROR(replacement->Add(chunk));
  }
  if (!is_snapshot) return absl::DataLossError("a snapshot without an applied index");
  const std::vector<Replacement::Row> kept = KeptByMutant(store_);
  KONSUL_RETURN_IF_ERROR(replacement->Finish());
  KONSUL_RETURN_IF_ERROR(PutBack(kept, store_));
  KONSUL_RETURN_IF_ERROR(Load());
  if (changes_ != nullptr) changes_->Restart(applied_);
  if (watches_ != nullptr) watches_->PublishAll();
  return absl::OkStatus();
}

bool TableMachine::IsLong(const Committed& entry) const {
  return wire::CommitsRestore(entry.command);
}

absl::StatusOr<std::vector<std::string>> TableMachine::Apply(absl::Span<const Committed> entries) {
  std::vector<std::string> results;
  while (!entries.empty()) {
    const auto is_long = [this](const Committed& entry) { return IsLong(entry); };
    const auto end = std::find_if(entries.begin(), entries.end(), is_long);
    const auto n = static_cast<size_t>(end - entries.begin());
    KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> some, ApplyTogether(entries.first(n)));
    std::move(some.begin(), some.end(), std::back_inserter(results));
    entries.remove_prefix(n);
    if (entries.empty()) break;
    KONSUL_ASSIGN_OR_RETURN(results.emplace_back(),
                            ApplyLong(entries.front(), [] { return absl::OkStatus(); }));
    entries.remove_prefix(1);
  }
  return results;
}

absl::StatusOr<std::string> TableMachine::ApplyLong(const Committed& entry,
                                                    absl::FunctionRef<absl::Status()> breathe) {
  const auto command = wire::DecodeCommand(entry.command);
  const auto* restore = command.ok() ? std::get_if<wire::Restore>(&*command) : nullptr;
  if (restore != nullptr) {
    KONSUL_ASSIGN_OR_RETURN(const CommitCheck check, CheckCommit(*store_.Read(), *restore));
    if (check == CommitCheck::kComplete) {
      const absl::Status done = CommitRestore(entry, *restore, breathe);
      if (done.ok()) return wire::EncodeCommandResult(Result(entry.index, Outcome::Done()));
      if (!absl::IsInvalidArgument(done)) return done;
      refused_ = std::string(done.message());
    }
  }
  const auto results = ApplyTogether({&entry, 1});
  refused_.clear();
  KONSUL_RETURN_IF_ERROR(results.status());
  return results->front();
}

absl::Status TableMachine::CommitRestore(const Committed& entry, const wire::Restore& restore,
                                         absl::FunctionRef<absl::Status()> breathe) {
  KONSUL_CHECK(entry.index == applied_ + 1, "entry ", entry.index.value, " after ", applied_.value);
  const std::unique_ptr<ReadTxn> present = store_.Freeze();
  RollingHash digest = digest_;
  digest.Add(entry.index.value);
  digest.Add(entry.command);
  // Once to see whether it makes sense and what the digest will be, which comes first in the
  // tables; once to write.
  std::map<std::string, std::string> meta;
  {
    Restoration restoration(*present, entry.index, max_tombstones_);
    StagedRows rows(*present);
    KONSUL_RETURN_IF_ERROR(restoration.Run(
        rows,
        [&](Table table, absl::string_view key, absl::string_view value) {
          digest.Add(static_cast<uint64_t>(table));
          digest.Add(key);
          digest.Add(value);
          return absl::OkStatus();
        },
        breathe));
    meta = restoration.MetaRows();
  }
  digest.Add(uint64_t{1});
  meta[std::string(kMetaRestored)] = std::string(restore.id);
  meta[std::string(kMetaApplied)] = EncodeU64(entry.index.value);
  meta[std::string(kMetaDigest)] = EncodeHash(digest.value());

  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<Replacement> replacement, store_.Replace());
  std::vector<Replacement::Row> chunk;
  for (const auto& [key, value] : meta) chunk.push_back({Table::kMeta, key, value});
  size_t bytes = 0;
  Restoration restoration(*present, entry.index, max_tombstones_);
  StagedRows rows(*present);
  KONSUL_RETURN_IF_ERROR(restoration.Run(
      rows,
      [&](Table table, absl::string_view key, absl::string_view value) {
        chunk.push_back({table, std::string(key), std::string(value)});
        bytes += key.size() + value.size() + kRowOverheadBytes;
        if (bytes < kRestoreChunkBytes) return absl::OkStatus();
        bytes = 0;
        KONSUL_RETURN_IF_ERROR(replacement->Add(std::exchange(chunk, {})));
        return breathe();
      },
      breathe));
  KONSUL_RETURN_IF_ERROR(replacement->Add(chunk));
  KONSUL_RETURN_IF_ERROR(replacement->Finish());
  KONSUL_RETURN_IF_ERROR(Load());
  if (changes_ != nullptr) {
    if (mutation::On(Mutation::kRestoreUntold)) {
      changes_->Begin(applied_);
      changes_->Publish(applied_);
    } else {
      changes_->Restart(applied_);
    }
  }
  if (watches_ != nullptr && !mutation::On(Mutation::kRestoreWakesNobody)) watches_->PublishAll();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TableMachine::ApplyTogether(
    absl::Span<const Committed> entries) {
  if (entries.empty()) return std::vector<std::string>();
  RollingHash digest = digest_;
  auto txn = store_.Write();
  auto results = ApplyIn(*txn, entries, digest);
  if (!results.ok()) {
    // The order of tombstones in memory ran ahead of a transaction that never was.
    txn.reset();
    if (watches_ != nullptr) watches_->Discard();
    if (changes_ != nullptr) changes_->Discard();
    KONSUL_RETURN_IF_ERROR(tombstones_.Load(*store_.Read()));
    return results;
  }
  applied_ = entries.back().index;
  digest_ = digest;
  if (watches_ != nullptr) watches_->Publish();
  if (changes_ != nullptr) changes_->Publish(applied_);
  return results;
}

absl::StatusOr<std::vector<std::string>> TableMachine::ApplyIn(WriteTxn& txn,
                                                               absl::Span<const Committed> entries,
                                                               RollingHash& digest) {
  std::vector<std::string> results;
  results.reserve(entries.size());
  Index last = applied_;
  for (const Committed& entry : entries) {
    KONSUL_CHECK(entry.index == last + 1, "entry ", entry.index.value, " after ", last.value);
    last = entry.index;
    digest.Add(entry.index.value);
    digest.Add(entry.command);
    std::string bytes;
    if (!entry.command.empty()) {
      if (changes_ != nullptr) changes_->Begin(entry.index);
      Effects effects(txn, digest, watches_, changes_);
      KONSUL_ASSIGN_OR_RETURN(const auto result, ApplyCommand(effects, entry));
      // Not the text: another version of the program may word it differently.
      digest.Add((result.success ? 1u : 0u) | (result.error.empty() ? 0u : 2u));
      bytes = wire::EncodeCommandResult(result);
    }
    results.push_back(std::move(bytes));
  }
  KONSUL_RETURN_IF_ERROR(txn.Put(Table::kMeta, kMetaApplied, EncodeU64(last.value)));
  KONSUL_RETURN_IF_ERROR(txn.Put(Table::kMeta, kMetaDigest, EncodeHash(digest.value())));
  KONSUL_RETURN_IF_ERROR(txn.Commit());
  return results;
}

absl::StatusOr<wire::CommandResult> TableMachine::ApplyCommand(Effects& effects,
                                                               const Committed& entry) {
  const auto command = wire::DecodeCommand(entry.command);
  if (!command.ok()) {
    return Result(entry.index, Outcome::Refused(std::string(command.status().message())));
  }
  if (const auto* txn = std::get_if<wire::Txn>(&*command)) {
    return txns_.Apply(effects, entry.index, *txn);
  }
  KONSUL_ASSIGN_OR_RETURN(Outcome outcome, ApplyOne(effects, entry.index, *command));
  return Result(entry.index, std::move(outcome));
}

OutcomeOr TableMachine::ApplyOne(Effects& effects, Index index, const wire::Command& command) {
  if (const auto* put = std::get_if<wire::KvPut>(&command)) return kv_.Put(effects, index, *put);
  if (const auto* del = std::get_if<wire::KvDelete>(&command)) {
    return kv_.Delete(effects, index, *del);
  }
  if (const auto* op = std::get_if<wire::KvOp>(&command)) {
    if (op->verb == wire::KvVerb::kLock) return kv_.Lock(effects, index, SlotOf(index, 0), *op);
    if (op->verb == wire::KvVerb::kUnlock) return kv_.Unlock(effects, index, *op);
    return Outcome::Refused("an operation that stands in transactions only");
  }
  if (const auto* create = std::get_if<wire::SessionCreate>(&command)) {
    return sessions_.Create(effects, index, create->session);
  }
  if (const auto* destroy = std::get_if<wire::SessionDestroy>(&command)) {
    return sessions_.Destroy(effects, index, destroy->id);
  }
  if (const auto* renew = std::get_if<wire::SessionRenew>(&command)) {
    return sessions_.Renew(effects, index, renew->id);
  }
  if (const auto* expire = std::get_if<wire::Expire>(&command)) {
    return sessions_.Expire(effects, index, *expire);
  }
  if (const auto* reg = std::get_if<wire::Register>(&command)) {
    return catalog_.Register(effects, index, *reg);
  }
  if (const auto* dereg = std::get_if<wire::Deregister>(&command)) {
    return catalog_.Deregister(effects, index, *dereg);
  }
  if (const auto* restore = std::get_if<wire::Restore>(&command)) {
    if (!refused_.empty()) return Outcome::Refused(refused_);
    return ApplyStaging(effects, *restore);
  }
  return FireEvent(effects, index, std::get<wire::EventFire>(command).event);
}

}  // namespace konsul::state
