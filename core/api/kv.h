// The KV store (https://developer.hashicorp.com/consul/api-docs/kv). What a request points to is
// valid until the function returns; replies own what they hold. The reads are blocking queries, and
// Aborted while one has to wait (blocking.h).
#ifndef KONSUL_CORE_API_KV_H_
#define KONSUL_CORE_API_KV_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/api/context.h"
#include "core/wire/kv.h"

namespace konsul::api {

struct KvPair {
  std::string key;
  std::string value;
  uint64_t flags = 0;
  uint64_t create_index = 0;
  uint64_t modify_index = 0;
  uint64_t lock_index = 0;
  std::string session;  // empty: not locked
};

KvPair Own(absl::string_view key, const wire::KvEntry& entry);
// OutOfRange when it is too large.
absl::Status CheckValueSize(const Context& context, absl::string_view value);

struct KvGetRequest {
  absl::string_view key;
  ReadOptions read = {};
};
struct KvGetReply {
  ReadMeta meta;
  std::optional<KvPair> pair;  // nothing: no such key
};
absl::StatusOr<KvGetReply> KvGet(const Context& context, const KvGetRequest& request);

struct KvListRequest {
  absl::string_view prefix;  // empty: everything
  ReadOptions read = {};
};
struct KvListReply {
  ReadMeta meta;
  std::vector<KvPair> pairs;  // by key
};
absl::StatusOr<KvListReply> KvList(const Context& context, const KvListRequest& request);

struct KvKeysRequest {
  absl::string_view prefix;
  absl::string_view
      separator;  // empty: none. Else keys are listed up to and including its first place
  ReadOptions read = {};
};
struct KvKeysReply {
  ReadMeta meta;
  std::vector<std::string> keys;  // ascending
};
absl::StatusOr<KvKeysReply> KvKeys(const Context& context, const KvKeysRequest& request);

struct KvPutRequest {
  absl::string_view key;
  absl::string_view value;
  uint64_t flags = 0;
  std::optional<uint64_t> cas;  // 0: only create; N: only replace what has ModifyIndex N
};
// False when the condition did not hold; nothing was changed then.
absl::StatusOr<bool> KvPut(const Context& context, const KvPutRequest& request);

struct KvLockRequest {
  absl::string_view key;
  absl::string_view value;
  uint64_t flags = 0;
  absl::string_view session;
  bool release = false;
};
// Takes the lock of a key, or gives it back. False when another session holds it, when it may not
// be taken yet, or when there is nothing to give back. FailedPrecondition for an unknown session.
absl::StatusOr<bool> KvLock(const Context& context, const KvLockRequest& request);

struct KvDeleteRequest {
  absl::string_view key;  // with `recurse` a prefix
  bool recurse = false;
  std::optional<uint64_t> cas;  // not with `recurse`
};
// True also when there was nothing to delete.
absl::StatusOr<bool> KvDelete(const Context& context, const KvDeleteRequest& request);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_KV_H_
