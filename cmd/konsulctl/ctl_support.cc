#include "cmd/konsulctl/ctl_support.h"

#include <signal.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/usage.h"

namespace konsul::ctl {
namespace {

class FakeChild final : public client::Child {
 public:
  FakeChild(std::shared_ptr<FakeHost::State> state, bool polite)
      : state_(std::move(state)), polite_(polite) {}

  absl::StatusOr<int> Wait(Instant deadline) override {
    while (!state_->code) {
      const absl::Status status = state_->changed.Wait(deadline);
      if (!status.ok()) return status;
    }
    return *state_->code;
  }

  void Signal(int number) override {
    state_->signals.push_back(number);
    if (polite_ || number == SIGKILL) state_->Exit(128 + number);
  }

 private:
  std::shared_ptr<FakeHost::State> state_;
  bool polite_;
};

Outcome OutcomeOf(const absl::StatusOr<Outcome>& result) {
  if (result.ok()) return *result;
  const bool usage = absl::IsInvalidArgument(result.status());
  return {"", std::string(result.status().message()), usage ? kExitUsage : kExitFailure};
}

}  // namespace

absl::StatusOr<std::unique_ptr<client::Child>> FakeHost::Start(const client::ChildSpec& spec) {
  started.push_back(spec);
  children.push_back(std::make_shared<State>(scheduler_));
  children.back()->code = ends_with;
  return std::make_unique<FakeChild>(children.back(), polite);
}

std::string FakeHost::Variable(const std::string& name) const {
  for (const auto& [key, value] : started.back().environment) {
    if (key == name) return value;
  }
  return "";
}

void CtlTest::Serve(http::Handler handler) {
  server.emplace(world.env, http::ServerOptions(), [this, handler](const http::Request& request) {
    requests.push_back(absl::StrCat(request.method, " ", request.target,
                                    request.body.empty() ? "" : " ", request.body));
    token = std::string(request.headers.Get("X-Consul-Token").value_or(""));
    return handler(request);
  });
  world.group.Spawn("serve",
                    [this] { server->Serve(world.network.Listen(at).value()).IgnoreError(); });
  world.Run();
}

void CtlTest::StopServing() {
  if (!server) return;
  world.OnFiber([&] {
    server->Stop(world.env.After(1s)).IgnoreError();
    server.reset();
  });
}

void CtlTest::TearDown() {
  StopServing();
  world.RunFor(200s);
  EXPECT_EQ(world.scheduler.fiber_count(), 0u);
}

Outcome CtlTest::Run(const std::vector<std::string>& args) {
  std::optional<Outcome> outcome;
  world.OnFiber([&] {
    Start(args, outcome);
    while (!outcome) world.env.Sleep(1ms).IgnoreError();
  });
  return *outcome;
}

void CtlTest::Start(const std::vector<std::string>& args, std::optional<Outcome>& outcome) {
  world.group.Spawn("command", [this, args, &outcome] {
    for (const Command& command : Commands()) {
      const Words words = WordsOf(command);
      if (!BeginsWith(args, words)) continue;
      const auto parsed =
          ParseFor(command, {args.begin() + static_cast<ptrdiff_t>(words.size()), args.end()});
      if (!parsed.ok()) {
        outcome = OutcomeOf(parsed.status());
        return;
      }
      Api api(world.env, at,
              ApiOptions(*parsed, [](const std::string&) { return std::nullopt; }).value());
      if (const auto* ask = std::get_if<Ask*>(&command.run)) {
        outcome = OutcomeOf((*ask)(api, *parsed));
      } else if (const auto* drive = std::get_if<Drive*>(&command.run)) {
        outcome = OutcomeOf((*drive)(api, host, *parsed));
      } else {
        outcome = OutcomeOf(std::get<Tell*>(command.run)(*parsed));
      }
      return;
    }
    outcome = Outcome{"", "no such command", kExitUsage};
  });
}

http::Response CtlTest::Json(std::string body, uint64_t index) {
  http::Response response = http::Response::Json(200, std::move(body));
  if (index > 0) response.headers.Add("X-Consul-Index", absl::StrCat(index));
  return response;
}

}  // namespace konsul::ctl
