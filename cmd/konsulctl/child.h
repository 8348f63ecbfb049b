// Programs that commands run.
#ifndef KONSUL_CMD_KONSULCTL_CHILD_H_
#define KONSUL_CMD_KONSULCTL_CHILD_H_

#include "absl/status/statusor.h"
#include "cmd/client/host.h"
#include "core/env/env.h"

namespace konsul::ctl {

// How long a program may go on after it was told to end.
inline constexpr Duration kChildGrace = 5s;

// Tells it to end with `signal`, ends it the hard way after kChildGrace, and returns its exit code.
// Suspends; the caller is the only one who waits for it.
absl::StatusOr<int> StopChild(const env::Env& env, client::Child& child, int signal);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_CHILD_H_
