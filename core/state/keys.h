// The keys of tables whose records belong together, so that one prefix names them all. Bytes:
// docs/formats/kv.md.
#ifndef KONSUL_CORE_STATE_KEYS_H_
#define KONSUL_CORE_STATE_KEYS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace konsul::state {

inline constexpr size_t kNodeNameMax = 255;
inline constexpr size_t kCheckIdMax = 200;
// A UUID: as all are of one size, none is the beginning of another.
inline constexpr size_t kSessionIdSize = 36;

// The check that says whether the servers themselves find a node alive.
inline constexpr absl::string_view kAliveCheck = "serfHealth";

// InvalidArgument when it is empty, too long, or has a zero byte.
absl::Status ValidateNodeName(absl::string_view name);
absl::Status ValidateCheckId(absl::string_view id);

// Nodes whose names differ in the case of letters only are the same.
std::string NodeKey(absl::string_view node);
// The node's records in kNodeSessions, kChecks and kCheckSessions begin with this.
std::string NodePrefix(absl::string_view node);
std::string CheckKey(absl::string_view node, absl::string_view check);
// The check's records in kCheckSessions begin with this.
std::string CheckPrefix(absl::string_view node, absl::string_view check);
std::string SessionKeyKey(absl::string_view session, uint64_t slot);
// The id of a session at the end of a key of kNodeSessions or kCheckSessions.
absl::string_view SessionAtEnd(absl::string_view key, absl::string_view prefix);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_KEYS_H_
