// Getting and keeping a claim: three loops, each on a fiber with an Api of its own.
#ifndef KONSUL_CMD_KONSULCTL_HOLDER_H_
#define KONSUL_CMD_KONSULCTL_HOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cmd/konsulctl/api.h"
#include "cmd/konsulctl/claim.h"

namespace konsul::ctl {

struct SessionSpec {
  std::string name;
  Duration ttl{};
  Duration lock_delay{};
  std::string behavior;
};

// The new session's id.
absl::StatusOr<std::string> MakeSession(Api& api, const SessionSpec& spec);

// Renews the session, which was made or renewed at `since`, a third of its TTL apart. Returns when
// it may have ended: because the server says so, or because it could not be renewed for a whole
// TTL. Servers end sessions no earlier than that, and keep others away for the lock delay from then
// on. Cancelled when the fiber is.
absl::Status KeepSession(Api& api, const std::string& session, Duration ttl, Instant since);

// Until the claim is ours. Trouble with servers is waited out: that the session is alive is
// KeepSession's concern.
absl::Status Obtain(Api& api, Claim& claim);

// Returns when the claim is no longer ours, or when that could not be asked `retries` times in a
// row, a second apart.
absl::Status WatchOver(Api& api, Claim& claim, uint64_t retries);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_HOLDER_H_
