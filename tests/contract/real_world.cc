// The contract suite over the operating system: three hosts are three loopback addresses and three
// directories in one process and one event loop.
#include "net/reactor/real_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "gtest/gtest.h"
#include "tests/contract/contract_world.h"

namespace {

std::atomic<int> syncs_to_fail{0};

}  // namespace

// Stands before the C library's: File::Sync calls it from the I/O pool.
extern "C" int fdatasync(int fd) {
  if (syncs_to_fail.exchange(0) > 0) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

namespace konsul::contract {
namespace {

class RealContractWorld final : public ContractWorld {
 public:
  RealContractWorld() {
    for (size_t host = 0; host < kHosts; ++host) {
      absl::StatusOr<env::Env> env = world_.MakeEnv("", NullLogger());
      KONSUL_CHECK(env.ok(), env.status().ToString());
      envs_.push_back(std::make_unique<env::Env>(*std::move(env)));
    }
  }

  ~RealContractWorld() override {
    LimitSpace(0, std::nullopt);
    for (const int fd : kept_) close(fd);
  }

  std::string Address(size_t host) const override { return absl::StrCat("127.0.0.", host + 1); }

  // A listener of which nobody accepts: once its queue is full the kernel drops who knocks.
  std::optional<env::Endpoint> SilentEndpoint() override {
    const int listener = Keep(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    auto* address = reinterpret_cast<sockaddr*>(&at);
    KONSUL_CHECK(bind(listener, address, size) == 0 && listen(listener, 0) == 0);
    KONSUL_CHECK(getsockname(listener, address, &size) == 0);
    for (int i = 0; i < 4; ++i) {
      connect(Keep(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), address, size);
    }
    return env::Endpoint{"127.0.0.1", ntohs(at.sin_port)};
  }

  void RunHosts(std::vector<Body> bodies, Duration limit) override {
    bool late = false;
    size_t running = bodies.size();
    fiber::Scheduler& scheduler = world_.scheduler();
    fiber::Group group(scheduler);
    fiber::Group watchdog(scheduler);
    for (size_t host = 0; host < bodies.size(); ++host) {
      group.Spawn(absl::StrCat("host", host), [&, host] {
        bodies[host](*envs_[host]);
        if (--running == 0) watchdog.Cancel();
      });
    }
    watchdog.Spawn("watchdog", [&] {
      if (!scheduler.SleepUntil(world_.clock().Now() + limit).ok()) return;
      late = true;
      ADD_FAILURE() << "still running after " << ToMillis(limit)
                    << " ms: " << absl::StrJoin(scheduler.FiberNames(), ", ");
      scheduler.CancelAll();
    });
    world_.reactor().RunUntil([&] { return running == 0 && scheduler.fiber_count() == 0; });
  }

  void RestartProcess(size_t host) override {
    // Nothing of a disk lives in the process but its open files, and those are closed.
    const std::string root = envs_[host]->disk.root();
    KONSUL_CHECK(world_.scheduler().fiber_count() == 0);
    absl::StatusOr<std::unique_ptr<reactor::RealDisk>> disk =
        reactor::RealDisk::Create(world_.reactor(), world_.io_pool(), root);
    KONSUL_CHECK(disk.ok(), disk.status().ToString());
    restarted_.push_back(*std::move(disk));
    const env::Env& old = *envs_[host];
    envs_[host] = std::make_unique<env::Env>(env::Env{old.clock, old.network, *restarted_.back(),
                                                      old.random, old.scheduler, old.logger});
  }

  void LimitSpace(size_t, std::optional<uint64_t> bytes) override {
    signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes.value_or(limit.rlim_max);
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  void FailNextSync(size_t) override { syncs_to_fail = 1; }

 private:
  int Keep(int fd) {
    kept_.push_back(fd);
    return fd;
  }

  reactor::RealWorld world_{{.catch_signals = false}};
  std::vector<std::unique_ptr<reactor::RealDisk>> restarted_;
  std::vector<std::unique_ptr<env::Env>> envs_;
  std::vector<int> kept_;
};

const WorldRegistration kRegistration("Real", [] { return std::make_unique<RealContractWorld>(); });

}  // namespace
}  // namespace konsul::contract
