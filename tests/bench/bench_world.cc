#include "tests/bench/bench_world.h"

#include <unistd.h>

#include <iostream>

#include "core/base/log.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "tests/bench/command.h"

namespace konsul::bench {

absl::Status RunInterruptibly(const std::function<absl::Status(const env::Env&)>& body) {
  reactor::RealWorld world({.io_threads = 1});
  KONSUL_ASSIGN_OR_RETURN(env::Env env, world.MakeEnv("", NullLogger()));
  absl::Status result;
  world.Run([&] {
    fiber::Group work(world.scheduler());
    fiber::Group signals(world.scheduler());
    work.Spawn("benchmark", [&] { result = body(env); });
    signals.Spawn("signals", [&] {
      if (!world.NextSignal().ok()) return;
      std::cerr << "\nStopping.\n";
      work.Cancel();
      if (world.NextSignal().ok()) _exit(kExitInterrupted);
    });
    work.Join();
  });
  return result;
}

}  // namespace konsul::bench
