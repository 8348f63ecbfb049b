#include "net/reactor/real_world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "net/reactor/entropy.h"
#include "net/reactor/errors.h"
#include "net/reactor/file_system.h"

namespace konsul::reactor {
namespace {

void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

absl::StatusOr<std::string> MakeTemporaryDirectory() {
  const char* base = getenv("TMPDIR");
  std::string path =
      absl::StrCat(base != nullptr && *base != '\0' ? base : "/tmp", "/konsul-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) return FileError("create directory", path, errno);
  return path;
}

}  // namespace

RealWorld::RealWorld(RealWorldOptions options)
    : signals_(options.catch_signals ? std::make_unique<Signals>(reactor_, options.signals)
                                     : nullptr),
      io_pool_(reactor_, options.io_threads),
      random_(SeedFromSystem()) {
  RaiseDescriptorLimit();
}

RealWorld::~RealWorld() {
  for (NodeDisk& node : disks_) {
    node.disk.reset();
    node.lock.reset();
    if (!node.temporary.empty()) RemoveTree(node.temporary).IgnoreError();
  }
}

absl::StatusOr<env::Env> RealWorld::MakeEnv(absl::string_view data_dir, Logger& logger) {
  NodeDisk node;
  std::string path(data_dir);
  if (path.empty()) {
    KONSUL_ASSIGN_OR_RETURN(path, MakeTemporaryDirectory());
    node.temporary = path;
  }
  KONSUL_ASSIGN_OR_RETURN(node.disk, RealDisk::Create(reactor_, io_pool_, path));
  KONSUL_ASSIGN_OR_RETURN(node.lock, LockDirectory(node.disk->root()));
  disks_.push_back(std::move(node));
  return env::Env{clock_,     network_, *disks_.back().disk, env::Random(random_.Next()),
                  scheduler_, logger};
}

void RealWorld::Run(std::function<void()> main_body) {
  bool ended = false;
  fiber::Group group(scheduler_);
  group.Spawn("main", [&] {
    main_body();
    ended = true;
  });
  reactor_.RunUntil([&] { return ended && group.empty(); });
}

absl::StatusOr<int> RealWorld::NextSignal(Instant deadline) {
  if (signals_ == nullptr) return absl::FailedPreconditionError("signals are not caught");
  return signals_->Next(deadline);
}

}  // namespace konsul::reactor
