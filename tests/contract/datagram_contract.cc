// Datagrams in a world without faults: whole, with their sender, in no promised order.
#include <algorithm>

#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class DatagramContract : public Contract {};
KONSUL_CONTRACT(DatagramContract);

TEST_P(DatagramContract, BoundariesAndSendersAreKept) {
  const std::vector<size_t> sizes = {0, 1, 2, 100, 512, 1200};
  std::optional<env::Endpoint> from, to;
  world().RunHosts({[&](env::Env& env) {
                      const auto socket = MustBind(env, world().Address(0));
                      from = socket->local();
                      Await(env, [&] { return to.has_value(); });
                      for (const size_t size : sizes) {
                        EXPECT_TRUE(socket->Send(*to, Pattern(size, size)).ok());
                      }
                    },
                    [&](env::Env& env) {
                      const auto socket = MustBind(env, world().Address(1));
                      to = socket->local();
                      std::vector<size_t> got;
                      while (got.size() < sizes.size()) {
                        const auto datagram = socket->Receive(env.After(kLong));
                        ASSERT_TRUE(datagram.ok()) << datagram.status();
                        EXPECT_EQ(datagram->from, *from);
                        EXPECT_TRUE(datagram->data ==
                                    Pattern(datagram->data.size(), datagram->data.size()));
                        got.push_back(datagram->data.size());
                      }
                      std::sort(got.begin(), got.end());
                      EXPECT_EQ(got, sizes);
                    }});
}

TEST_P(DatagramContract, WhatCameWhileNobodyReceivedIsThereLater) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    EXPECT_TRUE(a->Send(b->local(), "kept").ok());
    EXPECT_TRUE(env.Sleep(kSoon).ok());
    const auto got = b->Receive(Instant::Past());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->data, "kept");
  });
}

TEST_P(DatagramContract, AnAnswerGoesBackToTheSender) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    EXPECT_TRUE(a->Send(b->local(), "ping").ok());
    const auto ping = b->Receive(env.After(kLong));
    ASSERT_TRUE(ping.ok()) << ping.status();
    EXPECT_TRUE(b->Send(ping->from, "pong").ok());
    EXPECT_EQ(a->Receive(env.After(kLong)).value().data, "pong");
  });
}

TEST_P(DatagramContract, TooLongIsRefusedAndHarmless) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    const absl::Status status = a->Send(b->local(), std::string(70'000, 'x'));
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_TRUE(absl::IsInvalidArgument(a->Send({"nonsense", 1}, "x")));
    EXPECT_TRUE(a->Send(b->local(), "short").ok());
    EXPECT_EQ(b->Receive(env.After(kLong)).value().data, "short");
  });
}

TEST_P(DatagramContract, TheLongestArrivesWholeAndOneByteMoreIsRefused) {
  constexpr size_t kLongest = 65'507;  // 65,535 without the headers of IPv4 and UDP
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    EXPECT_TRUE(a->Send(b->local(), Pattern(kLongest)).ok());
    const absl::Status longer = a->Send(b->local(), Pattern(kLongest + 1));
    EXPECT_TRUE(absl::IsInvalidArgument(longer)) << longer;
    EXPECT_TRUE(b->Receive(env.After(kLong)).value().data == Pattern(kLongest));
  });
}

TEST_P(DatagramContract, TargetsThatCannotBeAreRefused) {
  world().Run([&](env::Env& env) {
    const auto socket = MustBind(env, world().Address(0));
    const absl::Status no_port = socket->Send({world().Address(0), 0}, "x");
    EXPECT_TRUE(absl::IsInvalidArgument(no_port)) << no_port;
    const absl::Status other_family = socket->Send({"::1", 8300}, "x");
    EXPECT_TRUE(absl::IsInvalidArgument(other_family)) << other_family;
  });
}

TEST_P(DatagramContract, ASocketCanSendToItself) {
  world().Run([&](env::Env& env) {
    const auto socket = MustBind(env, world().Address(0));
    EXPECT_TRUE(socket->Send(socket->local(), "note").ok());
    const auto got = socket->Receive(env.After(kLong));
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->data, "note");
    EXPECT_EQ(got->from, socket->local());
  });
}

TEST_P(DatagramContract, EmptyOnesTakeRoomToo) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    constexpr int kMany = 60'000;
    for (int i = 0; i < kMany; ++i) ASSERT_TRUE(a->Send(b->local(), "").ok());
    EXPECT_TRUE(env.Sleep(kSoon).ok());
    int received = 0;
    while (b->Receive(env.After(kSoon)).ok()) ++received;
    EXPECT_GT(received, 0);
    EXPECT_LT(received, kMany);
  });
}

TEST_P(DatagramContract, ACloseForgetsWhatWasNotReceived) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    EXPECT_TRUE(a->Send(b->local(), "too late").ok());
    EXPECT_TRUE(env.Sleep(kSoon).ok());
    b->Close();
    EXPECT_TRUE(absl::IsUnavailable(b->Receive(env.After(kLong)).status()));
    EXPECT_TRUE(absl::IsUnavailable(b->Send(a->local(), "x")));
  });
}

TEST_P(DatagramContract, AnUnknownTargetIsHarmless) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    const auto gone = MustBind(env, world().Address(0));
    gone->Close();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(a->Send(gone->local(), "lost").ok());
    EXPECT_TRUE(absl::IsDeadlineExceeded(a->Receive(env.After(kSoon)).status()));
    EXPECT_TRUE(a->Send(b->local(), "found").ok());
    EXPECT_EQ(b->Receive(env.After(kLong)).value().data, "found");
  });
}

TEST_P(DatagramContract, AFullBufferDropsAndNeverWaits) {
  world().Run([&](env::Env& env) {
    const auto a = MustBind(env, world().Address(0));
    const auto b = MustBind(env, world().Address(0));
    const std::string data = Pattern(1000);
    for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(a->Send(b->local(), data).ok());
    int received = 0;
    while (true) {
      const auto got = b->Receive(env.After(kSoon));
      if (!got.ok()) break;
      EXPECT_TRUE(got->data == data);
      ++received;
    }
    EXPECT_GT(received, 0);
    EXPECT_LE(received, 20'000);
  });
}

TEST_P(DatagramContract, APortIsTakenOnceAndApartFromStreams) {
  world().Run([&](env::Env& env) {
    const auto first = MustBind(env, world().Address(0));
    EXPECT_NE(first->local().port, 0);
    EXPECT_EQ(first->local().host, world().Address(0));
    const absl::Status status = env.network.Bind(first->local()).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_TRUE(env.network.Listen(first->local()).ok());
    first->Close();
    EXPECT_TRUE(env.network.Bind(first->local()).ok());
  });
}

TEST_P(DatagramContract, ReceiveEndsAtItsDeadlineByCloseAndByCancel) {
  world().Run([&](env::Env& env) {
    const auto socket = MustBind(env, world().Address(0));
    const Instant deadline = env.After(kSoon);
    absl::Status status = socket->Receive(deadline).status();
    EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
    EXPECT_GE(env.clock.Now(), deadline);

    fiber::Group cancelled(env.scheduler);
    cancelled.Spawn("receiver", [&] { status = socket->Receive(Instant::Never()).status(); });
    EXPECT_TRUE(env.Sleep(1ms).ok());
    cancelled.Cancel();
    cancelled.Join();
    EXPECT_TRUE(absl::IsCancelled(status)) << status;

    fiber::Group closed(env.scheduler);
    closed.Spawn("receiver", [&] { status = socket->Receive(Instant::Never()).status(); });
    EXPECT_TRUE(env.Sleep(1ms).ok());
    socket->Close();
    closed.Join();
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_TRUE(absl::IsUnavailable(socket->Send(socket->local(), "x")));
    EXPECT_TRUE(absl::IsUnavailable(socket->Receive(Instant::Never()).status()));
  });
}

}  // namespace
}  // namespace konsul::contract
