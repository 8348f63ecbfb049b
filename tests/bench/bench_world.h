// The real world for a benchmark that starts servers of its own.
#ifndef KONSUL_TESTS_BENCH_BENCH_WORLD_H_
#define KONSUL_TESTS_BENCH_BENCH_WORLD_H_

#include <functional>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "net/reactor/real_world.h"

namespace konsul::bench {

// Runs `body` on a fiber. The environment's disk is a fresh directory below TMPDIR that is removed
// in the end. The first SIGINT or SIGTERM cancels the fiber, so that its every wait returns and it
// gives up in good order: Cancelled. The second one ends the process at once. Once per process, not
// from a fiber.
absl::Status RunInterruptibly(const std::function<absl::Status(const env::Env&)>& body);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_BENCH_WORLD_H_
