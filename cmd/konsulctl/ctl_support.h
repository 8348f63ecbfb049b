// For tests: commands against a server that the test plays, on virtual time, and a machine whose
// programs are made up.
#ifndef KONSUL_CMD_KONSULCTL_CTL_SUPPORT_H_
#define KONSUL_CMD_KONSULCTL_CTL_SUPPORT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/konsulctl/commands.h"
#include "core/fiber/channel.h"
#include "gtest/gtest.h"
#include "net/http/memory_stream_support.h"
#include "net/http/server.h"

namespace konsul::ctl {

// Notes what is started; the test says how it goes on.
class FakeHost final : public client::Host {
 public:
  struct State {
    explicit State(fiber::Scheduler& scheduler) : changed(scheduler) {}
    void Exit(int with) {
      code = with;
      changed.WakeAll();
    }
    fiber::WaitList changed;
    std::optional<int> code;
    std::vector<int> signals;
  };

  explicit FakeHost(fiber::Scheduler& scheduler) : signals(scheduler, 8), scheduler_(scheduler) {}

  absl::StatusOr<std::unique_ptr<client::Child>> Start(const client::ChildSpec& spec) override;
  absl::StatusOr<int> NextSignal(Instant deadline) override { return signals.Pop(deadline); }
  void Print(absl::string_view text) override { printed.append(text.data(), text.size()); }
  void Complain(absl::string_view line) override { complaints.emplace_back(line); }

  // The value of a variable that the last program was given.
  std::string Variable(const std::string& name) const;

  fiber::Channel<int> signals;
  std::vector<client::ChildSpec> started;
  std::vector<std::shared_ptr<State>> children;
  // Of programs: their exit code if they end at once.
  std::optional<int> ends_with;
  // Whether a program ends when it gets SIGTERM or SIGINT.
  bool polite = true;
  std::string printed;
  std::vector<std::string> complaints;

 private:
  fiber::Scheduler& scheduler_;
};

class CtlTest : public ::testing::Test {
 protected:
  void TearDown() override;

  // The server: answers and notes every request as "METHOD target body".
  void Serve(http::Handler handler);
  void StopServing();

  // Runs a command line ("kv", "get", "k") to its end, letting time pass. A usage error is an
  // outcome with the code 2 and the text.
  Outcome Run(const std::vector<std::string>& args);
  // The same on a fiber of its own; `outcome` is set when it ends.
  void Start(const std::vector<std::string>& args, std::optional<Outcome>& outcome);

  static http::Response Json(std::string body, uint64_t index = 0);

  http::MemoryWorld world;
  FakeHost host{world.scheduler};
  env::Endpoint at{"127.0.0.1", 8500};
  std::optional<http::Server> server;
  std::vector<std::string> requests;
  std::string token;  // of the last request
};

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_CTL_SUPPORT_H_
