// Reads what /v1/kv answers, as any client of Consul's API would.
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
};

// The body of a 200 to GET /v1/kv/... . InvalidArgument when it is not what the API promises.
absl::StatusOr<std::vector<KvItem>> ParseKvReply(absl::string_view body);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_KV_REPLY_H_
