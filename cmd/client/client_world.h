// The real world for programs that only talk to servers: no data directory, no log.
#ifndef KONSUL_CMD_CLIENT_CLIENT_WORLD_H_
#define KONSUL_CMD_CLIENT_CLIENT_WORLD_H_

#include <functional>
#include <memory>

#include "cmd/client/real_host.h"
#include "core/env/env.h"
#include "net/reactor/real_world.h"

namespace konsul::client {

class ClientWorld {
 public:
  // With `catch_signals`, SIGINT and SIGTERM come out of host().NextSignal() instead of ending the
  // process; otherwise that must not be called.
  explicit ClientWorld(bool catch_signals = false);
  ~ClientWorld();

  // As reactor::RealWorld::Run.
  void Run(std::function<void(const env::Env&)> body);

  Host& host() { return host_; }

 private:
  reactor::RealWorld world_;
  RealHost host_{world_};
  std::unique_ptr<env::Disk> no_disk_;
  env::Env env_;
};

}  // namespace konsul::client

#endif  // KONSUL_CMD_CLIENT_CLIENT_WORLD_H_
