// Listening, accepting and dialling.
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class ConnectContract : public Contract {};
KONSUL_CONTRACT(ConnectContract);

TEST_P(ConnectContract, ARefusedDialIsUnavailable) {
  std::optional<env::Endpoint> closed;
  world().RunHosts(
      {[&](env::Env& env) {
         Await(env, [&] { return closed.has_value(); });
         const auto stream = env.network.Dial(*closed, env.After(kLong));
         EXPECT_TRUE(absl::IsUnavailable(stream.status())) << stream.status();
         EXPECT_NE(stream.status().message().find(closed->ToString()), absl::string_view::npos)
             << stream.status();
       },
       [&](env::Env& env) {
         const auto listener = MustListen(env, world().Address(1));
         listener->Close();
         closed = listener->local();
       }});
}

TEST_P(ConnectContract, ADialEndsAtItsDeadline) {
  const std::optional<env::Endpoint> silent = world().SilentEndpoint();
  if (!silent.has_value()) GTEST_SKIP() << "this world has no silent endpoint";
  world().Run([&](env::Env& env) {
    const Instant deadline = env.After(100ms);
    const absl::Status status = env.network.Dial(*silent, deadline).status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
    EXPECT_GE(env.clock.Now(), deadline);
  });
}

TEST_P(ConnectContract, ADialIsCancelled) {
  const std::optional<env::Endpoint> silent = world().SilentEndpoint();
  if (!silent.has_value()) GTEST_SKIP() << "this world has no silent endpoint";
  world().Run([&](env::Env& env) {
    absl::Status status;
    fiber::Group group(env.scheduler);
    group.Spawn("dialer", [&] { status = env.network.Dial(*silent, Instant::Never()).status(); });
    EXPECT_TRUE(env.Sleep(kSoon).ok());
    group.Cancel();
    group.Join();
    EXPECT_TRUE(absl::IsCancelled(status)) << status;
  });
}

TEST_P(ConnectContract, BadAddressesAreRefused) {
  world().Run([&](env::Env& env) {
    EXPECT_TRUE(absl::IsInvalidArgument(env.network.Listen({"203.0.113.7", 0}).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(env.network.Bind({"203.0.113.7", 0}).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(env.network.Listen({"nonsense", 0}).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(env.network.Bind({"nonsense", 0}).status()));
    EXPECT_TRUE(
        absl::IsInvalidArgument(env.network.Dial({"nonsense", 1}, env.After(kLong)).status()));
  });
}

TEST_P(ConnectContract, APortIsTakenOnceAndFreeAfterClose) {
  world().Run([&](env::Env& env) {
    const auto first = MustListen(env, world().Address(0));
    EXPECT_NE(first->local().port, 0);
    EXPECT_EQ(first->local().host, world().Address(0));
    const absl::Status status = env.network.Listen(first->local()).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_NE(status.message().find(first->local().ToString()), absl::string_view::npos) << status;
    first->Close();
    EXPECT_TRUE(env.network.Listen(first->local()).ok());
  });
}

TEST_P(ConnectContract, HostsHavePortsOfTheirOwn) {
  std::optional<uint16_t> port;
  world().RunHosts({[&](env::Env& env) {
                      const auto listener = MustListen(env, world().Address(0));
                      port = listener->local().port;
                      EXPECT_TRUE(env.Sleep(kSoon).ok());
                    },
                    [&](env::Env& env) {
                      Await(env, [&] { return port.has_value(); });
                      EXPECT_TRUE(env.network.Listen({world().Address(1), *port}).ok());
                    }});
}

TEST_P(ConnectContract, AHostCanDialItself) {
  world().Run([&](env::Env& env) {
    const auto listener = MustListen(env, world().Address(0));
    const auto dialed = MustDial(env, listener->local());
    const auto accepted = listener->Accept(env.After(kLong));
    ASSERT_TRUE(accepted.ok()) << accepted.status();
    EXPECT_TRUE(dialed->Write("me", env.After(kLong)).ok());
    EXPECT_EQ(ReadSome(env, **accepted, 2, 2).value(), "me");
  });
}

TEST_P(ConnectContract, AConnectionWaitsToBeAcceptedAndKeepsItsBytes) {
  std::optional<env::Endpoint> where;
  bool sent = false;
  world().RunHosts({[&](env::Env& env) {
                      Await(env, [&] { return where.has_value(); });
                      const auto stream = MustDial(env, *where);
                      EXPECT_TRUE(stream->Write("early", env.After(kLong)).ok());
                      sent = true;
                      EXPECT_EQ(ReadToEnd(env, *stream).value(), "");
                    },
                    [&](env::Env& env) {
                      const auto listener = MustListen(env, world().Address(1));
                      where = listener->local();
                      Await(env, [&] { return sent; });
                      const auto stream = listener->Accept(env.After(kLong));
                      ASSERT_TRUE(stream.ok()) << stream.status();
                      EXPECT_EQ(ReadSome(env, **stream, 5, 100).value(), "early");
                    }});
}

TEST_P(ConnectContract, AConnectionThatIsNeverAcceptedEndsWithItsListener) {
  std::optional<env::Endpoint> where;
  bool dialed = false;
  world().RunHosts({[&](env::Env& env) {
                      Await(env, [&] { return where.has_value(); });
                      const auto stream = MustDial(env, *where);
                      dialed = true;
                      const auto got = ReadToEnd(env, *stream);
                      EXPECT_TRUE(got.ok() ? got->empty() : absl::IsUnavailable(got.status()))
                          << got.status();
                    },
                    [&](env::Env& env) {
                      const auto listener = MustListen(env, world().Address(1));
                      where = listener->local();
                      Await(env, [&] { return dialed; });
                    }});
}

TEST_P(ConnectContract, AcceptEndsAtItsDeadlineByCloseAndByCancel) {
  world().Run([&](env::Env& env) {
    const auto listener = MustListen(env, world().Address(0));
    const Instant deadline = env.After(kSoon);
    absl::Status status = listener->Accept(deadline).status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
    EXPECT_GE(env.clock.Now(), deadline);

    fiber::Group cancelled(env.scheduler);
    cancelled.Spawn("accepter", [&] { status = listener->Accept(Instant::Never()).status(); });
    EXPECT_TRUE(env.Sleep(1ms).ok());
    cancelled.Cancel();
    cancelled.Join();
    EXPECT_TRUE(absl::IsCancelled(status)) << status;

    fiber::Group closed(env.scheduler);
    closed.Spawn("accepter", [&] { status = listener->Accept(Instant::Never()).status(); });
    EXPECT_TRUE(env.Sleep(1ms).ok());
    listener->Close();
    closed.Join();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_TRUE(absl::IsUnavailable(listener->Accept(Instant::Never()).status()));
  });
}

}  // namespace
}  // namespace konsul::contract
