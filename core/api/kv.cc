#include "core/api/kv.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/blocking.h"
#include "core/api/execute.h"
#include "core/api/long_reads.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/kv_commands.h"
#include "core/state/kv_reader.h"
#include "core/wire/command.h"

namespace konsul::api {
namespace {

constexpr state::Table kKv = state::Table::kKv;

}  // namespace

KvPair Own(absl::string_view key, const wire::KvEntry& entry) {
  return {.key = std::string(key),
          .value = std::string(entry.value),
          .flags = entry.flags,
          .create_index = entry.create_index,
          .modify_index = entry.modify_index,
          .lock_index = entry.lock_index,
          .session = std::string(entry.session)};
}

absl::StatusOr<KvGetReply> KvGet(const Context& context, const KvGetRequest& request) {
  if (request.key.empty()) return absl::InvalidArgumentError("Missing key name");
  KvGetReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    KONSUL_ASSIGN_OR_RETURN(const auto found, state::GetKv(txn, request.key));
    if (found.entry || !mutation::On(Mutation::kWatchNeedsKey)) watches.Key(kKv, request.key);
    reply.meta.index = found.index;
    if (found.entry) reply.pair = Own(request.key, *found.entry);
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, request.read, reply.meta, query));
  return reply;
}

absl::StatusOr<KvListReply> KvList(const Context& context, const KvListRequest& request) {
  KvListReply reply;
  size_t room = context.long_reads == nullptr ? 0 : context.long_reads->options().piece_bytes;
  const auto take = [&](absl::string_view key, const wire::KvEntry& entry) {
    room -= std::min(room, key.size() + entry.value.size());
    reply.pairs.push_back(Own(key, entry));
  };
  // The index takes a look at every row, which is quick; to copy them all is not.
  std::unique_ptr<LongReads::Read> rest;
  std::string from;  // where it begins
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Prefix(kKv, request.prefix);
    bool full = false;
    KONSUL_ASSIGN_OR_RETURN(
        reply.meta.index,
        state::ListKv(txn, request.prefix, [&](absl::string_view key, const wire::KvEntry& entry) {
          if (rest != nullptr) return;
          if (room == 0 && !std::exchange(full, true) && context.long_reads != nullptr) {
            rest = context.long_reads->Begin(context.store);
            from = std::string(key);
            if (rest != nullptr) return;
          }
          take(key, entry);
        }));
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, request.read, reply.meta, query));
  while (rest != nullptr) {
    KONSUL_RETURN_IF_ERROR(rest->Breathe());
    room = context.long_reads->options().piece_bytes;
    KONSUL_ASSIGN_OR_RETURN(auto next,
                            state::ScanKv(rest->tables(), request.prefix, from,
                                          [&](absl::string_view key, const wire::KvEntry& entry) {
                                            if (room == 0) return false;
                                            take(key, entry);
                                            return true;
                                          }));
    if (!next) break;
    from = *std::move(next);
  }
  return reply;
}

absl::StatusOr<KvKeysReply> KvKeys(const Context& context, const KvKeysRequest& request) {
  KvKeysReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Prefix(kKv, request.prefix);
    KONSUL_ASSIGN_OR_RETURN(auto found, state::ListKeys(txn, request.prefix, request.separator));
    reply.meta.index = found.index;
    reply.keys = std::move(found.keys);
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, request.read, reply.meta, query));
  return reply;
}

absl::Status CheckValueSize(const Context& context, absl::string_view value) {
  const size_t max = context.options.max_value_size;
  if (value.size() <= max) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat("Request body(", value.size(), " bytes) too large, max size: ", max, " bytes."));
}

absl::StatusOr<bool> KvPut(const Context& context, const KvPutRequest& request) {
  KONSUL_RETURN_IF_ERROR(state::ValidateKey(request.key));
  KONSUL_RETURN_IF_ERROR(CheckValueSize(context, request.value));
  return Execute(
      context,
      wire::KvPut{
          .key = request.key, .value = request.value, .flags = request.flags, .cas = request.cas});
}

absl::StatusOr<bool> KvLock(const Context& context, const KvLockRequest& request) {
  // Nobody can hold what such a session releases, which is no error.
  const bool possible = request.session.size() == state::kSessionIdSize;
  if (request.session.empty() || (!possible && !request.release)) {
    return absl::FailedPreconditionError(state::InvalidSession(request.session));
  }
  KONSUL_RETURN_IF_ERROR(state::ValidateKey(request.key));
  KONSUL_RETURN_IF_ERROR(CheckValueSize(context, request.value));
  return Execute(context,
                 wire::KvOp{.verb = request.release ? wire::KvVerb::kUnlock : wire::KvVerb::kLock,
                            .key = request.key,
                            .value = request.value,
                            .flags = request.flags,
                            .session = request.session});
}

absl::StatusOr<bool> KvDelete(const Context& context, const KvDeleteRequest& request) {
  if (!request.recurse) KONSUL_RETURN_IF_ERROR(state::ValidateKey(request.key));
  if (request.recurse && request.cas) {
    return absl::InvalidArgumentError("Conflicting flags: recurse, cas");
  }
  return Execute(
      context, wire::KvDelete{.key = request.key, .recurse = request.recurse, .cas = request.cas});
}

}  // namespace konsul::api
