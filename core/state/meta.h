// The state machine's own records in table kMeta, fixed-width and big-endian. Bytes:
// docs/formats/kv.md.
#ifndef KONSUL_CORE_STATE_META_H_
#define KONSUL_CORE_STATE_META_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/hash.h"
#include "core/state/table_store.h"

namespace konsul::state {

inline constexpr absl::string_view kMetaApplied = "applied";       // u64: index
inline constexpr absl::string_view kMetaDigest = "digest";         // u64 hi, u64 lo
inline constexpr absl::string_view kMetaKvDropped = "kv.dropped";  // u64: index, tombstones.h
// Each u64: the index of the last change of the kind.
inline constexpr absl::string_view kMetaSessions = "sessions";             // began or ended
inline constexpr absl::string_view kMetaSessionsEnded = "sessions.ended";  // ended
inline constexpr absl::string_view kMetaNodes = "nodes";                   // any of a node
inline constexpr absl::string_view kMetaNodesGone = "nodes.gone";          // a node was removed
inline constexpr absl::string_view kMetaChecks = "checks";
inline constexpr absl::string_view kMetaStaged = "staged";            // staging.h
inline constexpr absl::string_view kMetaRestored = "restored";        // id of the last restore
inline constexpr absl::string_view kMetaEventCount = "events.count";  // u64: all events there were

std::string EncodeU64(uint64_t value);
std::optional<uint64_t> DecodeU64(absl::string_view bytes);
std::string EncodeHash(const Hash128& hash);
std::optional<Hash128> DecodeHash(absl::string_view bytes);

// A number in kMeta; 0 when it is missing, DataLoss when it is damaged.
absl::StatusOr<uint64_t> ReadMetaU64(const ReadTxn& txn, absl::string_view key);
// The digest in kMeta, or that of an empty state.
absl::StatusOr<Hash128> ReadMetaDigest(const ReadTxn& txn);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_META_H_
