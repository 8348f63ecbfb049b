#include "core/state/kv_machine.h"

#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/state/kv_reader.h"
#include "core/state/meta.h"
#include "core/state/table_rows.h"
#include "core/wire/kv.h"

namespace konsul::state {
namespace {

// Of rows in one transaction of Restore: well below a millisecond.
constexpr size_t kRestoreChunkBytes = 64 << 10;
constexpr size_t kRowOverheadBytes = 64;

wire::CommandResult Answer(Index index, bool success) {
  return {.success = success, .index = index, .error = {}};
}

wire::CommandResult Refuse(Index index, absl::string_view error) {
  return {.success = false, .index = index, .error = std::string(error)};
}

}  // namespace

KvMachine::KvMachine(TableStore& store, Options options)
    : store_(store), tombstones_(options.max_tombstones) {}

absl::StatusOr<std::unique_ptr<KvMachine>> KvMachine::Open(TableStore& store, Options options) {
  auto machine = absl::WrapUnique(new KvMachine(store, options));
  KONSUL_RETURN_IF_ERROR(machine->Load());
  return machine;
}

absl::Status KvMachine::Load() {
  const auto txn = store_.Read();
  KONSUL_ASSIGN_OR_RETURN(const uint64_t applied, ReadMetaU64(*txn, kMetaApplied));
  KONSUL_ASSIGN_OR_RETURN(const Hash128 digest, ReadMetaDigest(*txn));
  KONSUL_RETURN_IF_ERROR(tombstones_.Load(*txn));
  applied_ = Index(applied);
  digest_.Restore(digest);
  return absl::OkStatus();
}

absl::StatusOr<StateMachine::Frozen> KvMachine::Freeze() {
  return Frozen{applied_, digest(), std::make_unique<TableRows>(store_.Freeze())};
}

absl::Status KvMachine::Restore(RowSource& rows) {
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
      is_snapshot |= row.table == Table::kMeta && row.key == kMetaApplied;
      chunk.push_back({row.table, std::string(row.key), std::string(row.value)});
      bytes += row.key.size() + row.value.size() + kRowOverheadBytes;
    }
    KONSUL_RETURN_IF_ERROR(replacement->Add(chunk));
  }
  if (!is_snapshot) return absl::DataLossError("a snapshot without an applied index");
  KONSUL_RETURN_IF_ERROR(replacement->Finish());
  KONSUL_RETURN_IF_ERROR(Load());
  if (watches_ != nullptr) watches_->PublishAll();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> KvMachine::Apply(absl::Span<const Committed> entries) {
  if (entries.empty()) return std::vector<std::string>();
  RollingHash digest = digest_;
  auto txn = store_.Write();
  auto results = ApplyIn(*txn, entries, digest);
  if (!results.ok()) {
    // The order of tombstones in memory ran ahead of a transaction that never was.
    txn.reset();
    if (watches_ != nullptr) watches_->Discard();
    KONSUL_RETURN_IF_ERROR(tombstones_.Load(*store_.Read()));
    return results;
  }
  applied_ = entries.back().index;
  digest_ = digest;
  if (watches_ != nullptr) watches_->Publish();
  return results;
}

absl::StatusOr<std::vector<std::string>> KvMachine::ApplyIn(WriteTxn& txn,
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
      Effects effects(txn, digest, watches_);
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

absl::StatusOr<wire::CommandResult> KvMachine::ApplyCommand(Effects& effects,
                                                            const Committed& entry) {
  const auto command = wire::DecodeCommand(entry.command);
  if (!command.ok()) return Refuse(entry.index, command.status().message());
  if (const auto* put = std::get_if<wire::KvPut>(&*command)) {
    return ApplyPut(effects, entry.index, *put);
  }
  return ApplyDelete(effects, entry.index, std::get<wire::KvDelete>(*command));
}

absl::StatusOr<wire::CommandResult> KvMachine::ApplyPut(Effects& effects, Index index,
                                                        const wire::KvPut& put) {
  if (const absl::Status valid = ValidateKey(put.key); !valid.ok()) {
    return Refuse(index, valid.message());
  }
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindKv(effects.read(), put.key));
  if (put.cas && *put.cas != (existing ? existing->modify_index : 0)) return Answer(index, false);

  // Consul leaves the index alone when nothing changes, so that watchers are not woken for nothing.
  if (existing && existing->value == put.value && existing->flags == put.flags) {
    return Answer(index, true);
  }
  const std::string bytes =
      wire::EncodeKvEntry({.value = put.value,
                           .flags = put.flags,
                           .create_index = existing ? existing->create_index : index.value,
                           .modify_index = index.value,
                           .lock_index = existing ? existing->lock_index : 0,
                           .session = existing ? existing->session : ""});
  if (!existing) KONSUL_RETURN_IF_ERROR(tombstones_.Remove(effects, put.key));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kKv, put.key, bytes));
  return Answer(index, true);
}

absl::StatusOr<wire::CommandResult> KvMachine::ApplyDelete(Effects& effects, Index index,
                                                           const wire::KvDelete& del) {
  if (del.recurse) {
    if (del.cas) return Refuse(index, "recursive deletion with a condition");
    return ApplyDeleteTree(effects, index, del.key);
  }
  if (const absl::Status valid = ValidateKey(del.key); !valid.ok()) {
    return Refuse(index, valid.message());
  }
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindKv(effects.read(), del.key));
  if (!existing) return Answer(index, true);
  if (del.cas && *del.cas != existing->modify_index) return Answer(index, false);
  KONSUL_RETURN_IF_ERROR(Bury(effects, del.key, index));
  return Answer(index, true);
}

absl::StatusOr<wire::CommandResult> KvMachine::ApplyDeleteTree(Effects& effects, Index index,
                                                               absl::string_view prefix) {
  std::vector<std::string> keys;  // a scan does not survive a write
  effects.read().ScanPrefix(Table::kKv, prefix, [&](absl::string_view key, absl::string_view) {
    keys.emplace_back(key);
    return true;
  });
  for (const std::string& key : keys) KONSUL_RETURN_IF_ERROR(Bury(effects, key, index));
  return Answer(index, true);
}

absl::Status KvMachine::Bury(Effects& effects, absl::string_view key, Index index) {
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kKv, key));
  return tombstones_.Add(effects, key, index);
}

}  // namespace konsul::state
