// The value of table kSessions. Encoding and decoding as in command.h.
#ifndef KONSUL_CORE_WIRE_SESSION_H_
#define KONSUL_CORE_WIRE_SESSION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::wire {

// https://developer.hashicorp.com/consul/api-docs/session
struct Session {
  absl::string_view id;
  absl::string_view name;
  absl::string_view node;
  // It depends on all of these, ids of checks of its node; they are apart as its creator named
  // them.
  std::vector<absl::string_view> checks;          // NodeChecks
  std::vector<absl::string_view> service_checks;  // ServiceChecks
  std::vector<absl::string_view> old_checks;      // Checks, Consul's older name for both
  uint64_t lock_delay = 0;                        // nanoseconds
  uint64_t ttl = 0;                               // nanoseconds; 0: it does not expire
  absl::string_view ttl_text;                     // as its creator wrote it
  bool delete_keys = false;                       // when it ends; else they are released
  uint64_t create_index = 0;
  uint64_t modify_index = 0;

  friend bool operator==(const Session&, const Session&) = default;
};

// Each once, in the order in which Consul looks at them. Points to where the session does.
std::vector<absl::string_view> ChecksOf(const Session& session);

std::string EncodeSession(const Session& session);
// DataLoss when the bytes are damaged.
absl::StatusOr<Session> DecodeSession(absl::string_view bytes);

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_SESSION_H_
