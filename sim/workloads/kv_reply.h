// Reads what /v1/kv, /v1/txn and /v1/session answer, as any client of Consul's API would.
#ifndef KONSUL_SIM_WORKLOADS_KV_REPLY_H_
#define KONSUL_SIM_WORKLOADS_KV_REPLY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::workloads {

struct KvItem {
  std::string key;
  std::string value;
  uint64_t modify_index = 0;
  uint64_t create_index = 0;
  uint64_t lock_index = 0;
  std::string session;  // that holds it; empty: none does
};

// The body of a 200 to GET /v1/kv/... . InvalidArgument when it is not what the API promises.
absl::StatusOr<std::vector<KvItem>> ParseKvReply(absl::string_view body);
// That of a 200 to PUT /v1/txn: its KV results.
absl::StatusOr<std::vector<KvItem>> ParseTxnReply(absl::string_view body);
// The data of a change stream's event, whatever its kind; what the kind does not have is left away.
struct StreamData {
  uint64_t index = 0;
  uint64_t oldest = 0;
  bool more = false;
  std::vector<KvItem> rows;  // of a state, and what was put
  std::vector<std::string> deleted;
};
absl::StatusOr<StreamData> ParseStreamData(absl::string_view data);
// That of a 200 to PUT /v1/session/create: the id.
absl::StatusOr<std::string> ParseSessionId(absl::string_view body);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_KV_REPLY_H_
