// What becomes of single rows.
#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/meta.h"
#include "core/state/restoration.h"
#include "core/state/session_reader.h"
#include "core/wire/catalog.h"

namespace konsul::state {
namespace {

bool Same(const wire::KvEntry& a, const wire::KvEntry& b) {
  return a.value == b.value && a.flags == b.flags && a.session == b.session;
}

// Equal but for the indexes.
template <typename Record>
bool Same(Record a, const Record& b) {
  a.create_index = b.create_index;
  a.modify_index = b.modify_index;
  return a == b;
}

std::string KeyOf(const wire::Node& node) { return NodeKey(node.name); }
std::string KeyOf(const wire::Check& check) { return CheckKey(check.node, check.id); }
std::string Encode(const wire::Node& node) { return wire::EncodeNode(node); }
std::string Encode(const wire::Check& check) { return wire::EncodeCheck(check); }
void Decode(absl::string_view bytes, absl::StatusOr<wire::Node>& node) {
  node = wire::DecodeNode(bytes);
}
void Decode(absl::string_view bytes, absl::StatusOr<wire::Check>& check) {
  check = wire::DecodeCheck(bytes);
}

absl::Status Validate(const wire::Node& node) { return ValidateNodeName(node.name); }
absl::Status Validate(const wire::Check& check) {
  KONSUL_RETURN_IF_ERROR(ValidateNodeName(check.node));
  return ValidateCheckId(check.id);
}

}  // namespace

absl::Status Restoration::Senseless(Table table, absl::string_view key, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "row \"", absl::Utf8SafeCEscape(key), "\" of table ", static_cast<int>(table), ": ", why));
}

absl::Status Restoration::LoadTombstones() {
  absl::Status status;
  present_.Scan(Table::kTombstones, "", [&](absl::string_view key, absl::string_view value) {
    const auto index = DecodeU64(value);
    if (!index) status = absl::DataLossError("table tombstones: damaged record");
    if (index) tombstones_.emplace(key, *index);
    return status.ok();
  });
  return status;
}

absl::Status Restoration::LoseLock(absl::string_view key, absl::string_view session) {
  ++summary_.locks_lost;
  KONSUL_ASSIGN_OR_RETURN(const auto holder, FindSession(present_, session));
  if (holder && holder->lock_delay > 0) {
    lost_delays_[std::string(key)] = absl::StrCat(EncodeU64(index_), EncodeU64(holder->lock_delay));
  }
  return absl::OkStatus();
}

absl::Status Restoration::MergeKey(absl::string_view key, std::optional<absl::string_view> now,
                                   std::optional<absl::string_view> wanted, Emitter emit) {
  std::optional<wire::KvEntry> before, after;
  if (now) {
    KONSUL_ASSIGN_OR_RETURN(before, wire::DecodeKvEntry(*now));
  }
  if (wanted) {
    const auto decoded = wire::DecodeKvEntry(*wanted);
    if (!decoded.ok()) return Senseless(Table::kKv, key, decoded.status().message());
    after = *decoded;
  }
  const bool same = before && after && Same(*before, *after);
  Note(summary_.keys, Table::kKv, key, before.has_value(), after.has_value(), same);
  if (before && !before->session.empty() && (!after || after->session != before->session)) {
    KONSUL_RETURN_IF_ERROR(LoseLock(key, before->session));
  }
  if (!after) {
    // Beyond what is kept, it is enough to know that there were more.
    if (tombstones_.size() < max_tombstones_) {
      tombstones_[std::string(key)] = index_;
    } else {
      tombstones_dropped_ = index_;
    }
    return absl::OkStatus();
  }
  tombstones_.erase(std::string(key));
  wire::KvEntry entry = same ? *before : *after;
  if (!same) {
    const bool taken = !after->session.empty() && (!before || before->session != after->session);
    entry.create_index = before ? before->create_index : index_;
    if (!mutation::On(Mutation::kRestoreKeepsIndexes)) entry.modify_index = index_;
    entry.lock_index =
        std::max(before ? before->lock_index : 0, after->lock_index) + (taken ? 1 : 0);
  }
  entry.lock_slot = 0;
  if (!entry.session.empty()) {
    if (entry.session.size() != kSessionIdSize) {
      return Senseless(Table::kKv, key, "held by what is no session");
    }
    entry.lock_slot = slot_++;
    held_.emplace(SessionKeyKey(entry.session, entry.lock_slot), key);
  }
  return emit(key, wire::EncodeKvEntry(entry));
}

absl::Status Restoration::MergeSession(absl::string_view id, std::optional<absl::string_view> now,
                                       std::optional<absl::string_view> wanted, Emitter emit) {
  if (!wanted) {
    Note(summary_.sessions, Table::kSessions, id, true, false, false);
    return absl::OkStatus();
  }
  auto decoded = wire::DecodeSession(*wanted);
  if (!decoded.ok()) return Senseless(Table::kSessions, id, decoded.status().message());
  wire::Session session = *std::move(decoded);
  if (session.id != id || id.size() != kSessionIdSize) {
    return Senseless(Table::kSessions, id, "of another session");
  }
  std::optional<wire::Session> before;
  if (now) {
    KONSUL_ASSIGN_OR_RETURN(before, wire::DecodeSession(*now));
  }
  const bool same = before && Same(session, *before);
  Note(summary_.sessions, Table::kSessions, id, before.has_value(), true, same);
  session.create_index = before ? before->create_index : index_;
  session.modify_index = same ? before->modify_index : index_;

  absl::Status valid = ValidateNodeName(session.node);
  const std::vector<absl::string_view> checks = wire::ChecksOf(session);
  for (const absl::string_view check : checks) {
    if (valid.ok()) valid = ValidateCheckId(check);
  }
  if (!valid.ok()) return Senseless(Table::kSessions, id, valid.message());
  needed_nodes_.insert(NodeKey(session.node));
  node_sessions_.insert(absl::StrCat(NodePrefix(session.node), id));
  for (const absl::string_view check : checks) {
    needed_checks_.insert(CheckKey(session.node, check));
    check_sessions_.insert(absl::StrCat(CheckPrefix(session.node, check), id));
  }
  sessions_.emplace(id);
  if (session.ttl > 0) with_ttl_.emplace(id);
  return emit(id, wire::EncodeSession(session));
}

absl::Status Restoration::MergeDelay(absl::string_view key, std::optional<absl::string_view> now,
                                     std::optional<absl::string_view> wanted) {
  if (now) {
    delays_.emplace(key, *now);
    return absl::OkStatus();
  }
  constexpr size_t kHalf = sizeof(uint64_t);
  const auto length = wanted->size() == 2 * kHalf ? DecodeU64(wanted->substr(kHalf)) : std::nullopt;
  if (!length) return Senseless(Table::kLockDelays, key, "no lock delay");
  delays_.emplace(key, absl::StrCat(EncodeU64(index_), EncodeU64(*length)));
  return absl::OkStatus();
}

template <typename Record>
absl::Status Restoration::MergeRecord(Table table, absl::string_view key,
                                      std::optional<absl::string_view> now,
                                      std::optional<absl::string_view> wanted, Counts& counts,
                                      Emitter emit) {
  if (!wanted) {
    Note(counts, table, key, true, false, false);
    return absl::OkStatus();
  }
  absl::StatusOr<Record> decoded = absl::UnknownError("");
  Decode(*wanted, decoded);
  const absl::Status valid = decoded.ok() ? Validate(*decoded) : decoded.status();
  if (!valid.ok()) return Senseless(table, key, valid.message());
  Record record = *std::move(decoded);
  if (KeyOf(record) != key) return Senseless(table, key, "another name than that of its row");
  absl::StatusOr<Record> before = absl::UnknownError("");
  if (now) {
    Decode(*now, before);
    KONSUL_RETURN_IF_ERROR(before.status());
  }
  const bool same = before.ok() && Same(record, *before);
  Note(counts, table, key, now.has_value(), true, same);
  record.create_index = before.ok() ? before->create_index : index_;
  record.modify_index = same ? before->modify_index : index_;
  if (table == Table::kNodes) needed_nodes_.erase(std::string(key));
  if (table == Table::kChecks) needed_checks_.erase(std::string(key));
  return emit(key, Encode(record));
}

template absl::Status Restoration::MergeRecord<wire::Node>(Table table, absl::string_view key,
                                                           std::optional<absl::string_view> now,
                                                           std::optional<absl::string_view> wanted,
                                                           Counts& counts, Emitter emit);
template absl::Status Restoration::MergeRecord<wire::Check>(Table table, absl::string_view key,
                                                            std::optional<absl::string_view> now,
                                                            std::optional<absl::string_view> wanted,
                                                            Counts& counts, Emitter emit);

}  // namespace konsul::state
