// Sessions (https://developer.hashicorp.com/consul/api-docs/session). What a request points to is
// valid until the function returns; replies own what they hold.
#ifndef KONSUL_CORE_API_SESSION_H_
#define KONSUL_CORE_API_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/api/context.h"
#include "core/state/keys.h"

namespace konsul::api {

inline constexpr Duration kSessionTtlMax = 24h;
inline constexpr Duration kLockDelayMax = 60s;
inline constexpr Duration kLockDelayDefault = 15s;
using state::kAliveCheck;

struct Session {
  std::string id, name, node;
  Duration lock_delay{};
  std::string behavior;                                              // "release" or "delete"
  std::string ttl;                                                   // as its creator wrote it
  std::vector<std::string> node_checks, service_checks, old_checks;  // as in SessionCreateRequest
  uint64_t create_index = 0, modify_index = 0;
};

struct SessionCreateRequest {
  std::string name;
  std::optional<std::string> node;  // nothing: that of this server
  Duration lock_delay = kLockDelayDefault;
  std::string behavior;  // empty: "release"
  Duration ttl{};        // 0: it does not expire
  std::string ttl_text;  // the same, as it is shown
  // Ids of checks of the node that have to pass. What Consul takes for the default is clear from
  // both lists: if either is empty, there is neither; and old ones that are just kAliveCheck say
  // nothing.
  std::vector<std::string> node_checks = {std::string(kAliveCheck)};
  std::vector<std::string> old_checks = {std::string(kAliveCheck)};  // as `Checks`, before 1.7
  bool tells_old_checks = false;  // the default of `old_checks`, too, is told with the session
  std::vector<std::string> service_checks;
};
// Its id. FailedPrecondition with the texts that clients know.
absl::StatusOr<std::string> SessionCreate(const Context& context,
                                          const SessionCreateRequest& request);
// OK also when there is none.
absl::Status SessionDestroy(const Context& context, absl::string_view id);
// Nothing when there is none.
absl::StatusOr<std::optional<Session>> SessionRenew(const Context& context, absl::string_view id);

struct SessionsReply {
  ReadMeta meta;
  std::vector<Session> sessions;  // by id
};
// None or one.
absl::StatusOr<SessionsReply> SessionInfo(const Context& context, absl::string_view id,
                                          const ReadOptions& options);
absl::StatusOr<SessionsReply> SessionList(const Context& context, const ReadOptions& options);
absl::StatusOr<SessionsReply> SessionsOfNode(const Context& context, absl::string_view node,
                                             const ReadOptions& options);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_SESSION_H_
