#include "core/state/kv_commands.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/kv_reader.h"

namespace konsul::state {

std::string InvalidSession(absl::string_view id) {
  if (id.empty()) return "missing session";
  return absl::StrCat("invalid session \"", absl::Utf8SafeCEscape(id), "\"");
}

absl::Status KvCommands::Store(Effects& effects, absl::string_view key, bool exists,
                               const wire::KvEntry& entry) {
  const std::string bytes = wire::EncodeKvEntry(entry);
  if (!exists) KONSUL_RETURN_IF_ERROR(tombstones_.Remove(effects, key));
  return effects.Put(Table::kKv, key, bytes);
}

OutcomeOr KvCommands::Put(Effects& effects, Index index, const wire::KvPut& put) {
  if (const absl::Status valid = ValidateKey(put.key); !valid.ok()) {
    return Outcome::Refused(std::string(valid.message()));
  }
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindKv(effects.read(), put.key));
  if (put.cas && *put.cas != (existing ? existing->modify_index : 0)) return Outcome::No();

  // The index is left alone when nothing changes, so that watchers are not woken for nothing.
  if (existing && existing->value == put.value && existing->flags == put.flags) {
    return Outcome::Done();
  }
  wire::KvEntry entry = existing ? *existing : wire::KvEntry{.create_index = index.value};
  entry.value = put.value;
  entry.flags = put.flags;
  entry.modify_index = index.value;
  KONSUL_RETURN_IF_ERROR(Store(effects, put.key, existing.has_value(), entry));
  return Outcome::Done();
}

OutcomeOr KvCommands::Delete(Effects& effects, Index index, const wire::KvDelete& del) {
  if (del.recurse) {
    if (del.cas) return Outcome::Refused("recursive deletion with a condition");
    return DeleteTree(effects, index, del.key);
  }
  if (const absl::Status valid = ValidateKey(del.key); !valid.ok()) {
    return Outcome::Refused(std::string(valid.message()));
  }
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindKv(effects.read(), del.key));
  if (!existing) return Outcome::Done();
  if (del.cas && *del.cas != existing->modify_index) return Outcome::No();
  KONSUL_RETURN_IF_ERROR(Bury(effects, index, del.key, *existing));
  return Outcome::Done();
}

OutcomeOr KvCommands::DeleteTree(Effects& effects, Index index, absl::string_view prefix) {
  // A scan does not survive a write.
  std::vector<std::string> keys, held;
  KONSUL_RETURN_IF_ERROR(ScanKv(effects.read(), prefix, prefix,
                                [&](absl::string_view key, const wire::KvEntry& entry) {
                                  keys.emplace_back(key);
                                  if (!entry.session.empty()) {
                                    held.push_back(SessionKeyKey(entry.session, entry.lock_slot));
                                  }
                                  return true;
                                })
                             .status());
  for (const std::string& row : held) {
    KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kSessionKeys, row));
  }
  for (const std::string& key : keys) KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kKv, key));
  KONSUL_RETURN_IF_ERROR(tombstones_.AddAll(effects, keys, index));
  return Outcome::Done();
}

absl::Status KvCommands::Bury(Effects& effects, Index index, absl::string_view key,
                              const wire::KvEntry& entry) {
  if (!entry.session.empty()) {
    const std::string held = SessionKeyKey(entry.session, entry.lock_slot);
    KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kSessionKeys, held));
  }
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kKv, key));
  return tombstones_.Add(effects, key, index);
}

Outcome KvCommands::CheckSession(const ReadTxn& txn, absl::string_view id) {
  const bool known = id.size() == kSessionIdSize && txn.Get(Table::kSessions, id);
  return known ? Outcome::Done() : Outcome::Refused(InvalidSession(id));
}

OutcomeOr KvCommands::Lock(Effects& effects, Index index, uint64_t slot, const wire::KvOp& op) {
  if (const absl::Status valid = ValidateKey(op.key); !valid.ok()) {
    return Outcome::Refused(std::string(valid.message()));
  }
  if (Outcome known = CheckSession(effects.read(), op.session); !known.success) return known;
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindKv(effects.read(), op.key));
  const bool again = existing && existing->session == op.session;
  if (existing && !existing->session.empty() && !again) return Outcome::No();
  if (!again && effects.read().Get(Table::kLockDelays, op.key)) return Outcome::No();
  if (again && existing->value == op.value && existing->flags == op.flags) return Outcome::Done();

  const wire::KvEntry entry{
      .value = op.value,
      .flags = op.flags,
      .create_index = existing ? existing->create_index : index.value,
      .modify_index = index.value,
      .lock_index = (existing ? existing->lock_index : 0) + (again ? 0 : 1),
      .session = op.session,
      .lock_slot = again ? existing->lock_slot : slot,
  };
  KONSUL_RETURN_IF_ERROR(Store(effects, op.key, existing.has_value(), entry));
  if (again) return Outcome::Done();
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kSessionKeys, SessionKeyKey(op.session, slot), op.key));
  return Outcome::Done();
}

OutcomeOr KvCommands::Unlock(Effects& effects, Index index, const wire::KvOp& op) {
  if (op.session.empty()) return Outcome::Refused(InvalidSession(op.session));
  if (const absl::Status valid = ValidateKey(op.key); !valid.ok()) {
    return Outcome::Refused(std::string(valid.message()));
  }
  KONSUL_ASSIGN_OR_RETURN(const auto existing, FindKv(effects.read(), op.key));
  if (!existing || existing->session != op.session) return Outcome::No();
  const std::string held = SessionKeyKey(existing->session, existing->lock_slot);
  const wire::KvEntry entry{.value = op.value,
                            .flags = op.flags,
                            .create_index = existing->create_index,
                            .modify_index = index.value,
                            .lock_index = existing->lock_index};
  KONSUL_RETURN_IF_ERROR(Store(effects, op.key, true, entry));
  KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kSessionKeys, held));
  return Outcome::Done();
}

absl::Status KvCommands::Release(Effects& effects, Index index, absl::string_view key) {
  KONSUL_ASSIGN_OR_RETURN(auto existing, FindKv(effects.read(), key));
  if (!existing) return absl::OkStatus();
  const std::string held = SessionKeyKey(existing->session, existing->lock_slot);
  existing->session = {};
  existing->lock_slot = 0;
  existing->modify_index = index.value;
  KONSUL_RETURN_IF_ERROR(Store(effects, key, true, *existing));
  return effects.Delete(Table::kSessionKeys, held);
}

}  // namespace konsul::state
