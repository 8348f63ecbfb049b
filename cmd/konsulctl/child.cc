#include "cmd/konsulctl/child.h"

#include <signal.h>

namespace konsul::ctl {

absl::StatusOr<int> StopChild(const env::Env& env, client::Child& child, int signal) {
  child.Signal(signal);
  absl::StatusOr<int> code = child.Wait(env.After(kChildGrace));
  if (!absl::IsDeadlineExceeded(code.status())) return code;
  child.Signal(SIGKILL);
  return child.Wait(Instant::Never());
}

}  // namespace konsul::ctl
