// What the network does to streams and datagrams when it misbehaves. That it behaves otherwise is
// the contract suite's business (tests/contract).
#include "sim/network.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "sim/fabric.h"
#include "sim/sim_support.h"
#include "sim/world.h"

namespace konsul::sim {
namespace {

const env::Endpoint kServer{"10.0.0.1", 7};

class NetworkTest : public ::testing::Test {
 protected:
  // Dying fibers still write what they see into the members below.
  void TearDown() override {
    server_.Kill();
    client_.Kill();
  }

  // One client stream to a server that notes when which bytes came.
  void Talk(std::function<void(env::Env&, env::Stream&)> client) {
    server_.Start([this](env::Env env) {
      auto listener = env.network.Listen(kServer);
      auto stream = (*listener)->Accept(Instant::Never());
      if (!stream.ok()) return;
      char buffer[64 * 1024];
      while (true) {
        const auto n = (*stream)->Read(absl::MakeSpan(buffer), Instant::Never());
        if (!n.ok()) server_ended_ = n.status();
        if (!n.ok() || *n == 0) break;
        received_.append(buffer, *n);
        received_at_ = world_.now();
      }
      server_ended_at_ = world_.now();
    });
    client_.Start([client = std::move(client)](env::Env env) {
      const auto stream = DialAgain(env, kServer);
      if (stream != nullptr) client(env, *stream);
    });
  }

  World world_{1};
  Host& server_ = world_.AddHost("10.0.0.1");
  Host& client_ = world_.AddHost("10.0.0.2");
  Network& net_ = world_.network();
  const HostId s_ = server_.id();
  const HostId c_ = client_.id();
  std::string received_;
  Time received_at_;
  absl::Status server_ended_;
  Time server_ended_at_;
};

TEST_F(NetworkTest, WhatACutHoldsBackArrivesInOrderAfterTheHeal) {
  Talk([](env::Env& env, env::Stream& stream) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(stream.Write(absl::StrCat(i), Instant::Never()).ok());
      EXPECT_TRUE(env.Sleep(1s).ok());
    }
  });
  world_.RunFor(2500ms);
  EXPECT_EQ(received_, "012");
  net_.Cut(c_, s_);
  world_.RunFor(5s);
  EXPECT_EQ(received_, "012");
  EXPECT_GT(world_.trace().count(EventKind::kHeld), 0u);
  net_.Heal(c_, s_);
  world_.RunFor(400ms);
  EXPECT_EQ(received_, "01234567");
  world_.RunFor(10s);
  EXPECT_EQ(received_, "0123456789");
  EXPECT_TRUE(server_ended_.ok()) << server_ended_;
}

TEST_F(NetworkTest, AFlappingCutLosesAndRepeatsNothing) {
  std::string sent;
  Talk([&](env::Env& env, env::Stream& stream) {
    env::Random random(1);
    for (int i = 0; i < 500; ++i) {
      const std::string part(1 + random.Below(2000), static_cast<char>('a' + i % 26));
      sent += part;
      EXPECT_TRUE(stream.Write(part, Instant::Never()).ok());
      EXPECT_TRUE(env.Sleep(1ms).ok());
    }
  });
  for (int i = 0; i < 40; ++i) {
    world_.RunFor(13ms);
    (i % 2 == 0 ? net_.Cut(c_, s_) : net_.HealAll());
  }
  net_.HealAll();
  world_.RunFor(5s);
  EXPECT_EQ(received_, sent);
}

TEST_F(NetworkTest, ALongCutEndsTheSendersSideOnly) {
  absl::Status read;
  Time ended;
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(1s).ok());
    EXPECT_TRUE(stream.Write("lost", Instant::Never()).ok());
    char buffer[10];
    read = stream.Read(absl::MakeSpan(buffer), Instant::Never()).status();
    ended = world_.now();
    EXPECT_FALSE(stream.Write("more", Instant::Never()).ok());
  });
  world_.RunFor(500ms);
  net_.Cut(c_, s_);
  world_.RunFor(1h);
  EXPECT_TRUE(absl::IsUnavailable(read)) << read;
  EXPECT_GT(ended, Time{} + 16s);
  EXPECT_LT(ended, Time{} + 17s);
  EXPECT_EQ(received_, "");
  EXPECT_EQ(server_ended_at_, Time{});  // half-open
  net_.HealAll();
  world_.RunFor(1h);
  EXPECT_EQ(received_, "");
}

TEST_F(NetworkTest, BytesArriveThroughAOneWayCutButTheirAcknowledgementDoesNot) {
  Time ended;
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(1s).ok());
    EXPECT_TRUE(stream.Write("heard", Instant::Never()).ok());
    char buffer[10];
    EXPECT_FALSE(stream.Read(absl::MakeSpan(buffer), Instant::Never()).ok());
    ended = world_.now();
  });
  world_.RunFor(500ms);
  net_.Cut(s_, c_);
  world_.RunFor(2s);
  EXPECT_EQ(received_, "heard");
  world_.RunFor(30s);
  EXPECT_GT(ended, Time{} + 16s);
  EXPECT_LT(ended, Time{} + 17s);
}

TEST_F(NetworkTest, AnIdleStreamSurvivesAnyCut) {
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(2h).ok());
    EXPECT_TRUE(stream.Write("still here", Instant::Never()).ok());
    EXPECT_TRUE(env.Sleep(1s).ok());
  });
  world_.RunFor(500ms);
  net_.CutBoth(c_, s_);
  world_.RunFor(1h);
  net_.HealBoth(c_, s_);
  world_.RunFor(2h);
  EXPECT_EQ(received_, "still here");
}

TEST_F(NetworkTest, AFullWindowStopsTheWriterUntilSomebodyReads) {
  size_t written = 0;
  bool reading = false;
  std::string got;
  server_.Start([&](env::Env env) {
    auto listener = env.network.Listen(kServer);
    auto stream = (*listener)->Accept(Instant::Never());
    while (!reading && env.Sleep(10ms).ok()) {
    }
    got = ReadBytes(**stream, 1'000'000);
  });
  client_.Start([&](env::Env env) {
    const auto stream = DialAgain(env, kServer);
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(stream->Write(std::string(10'000, 'x'), Instant::Never()).ok());
      written += 10'000;
    }
    EXPECT_TRUE(env.Sleep(1s).ok());
  });
  world_.RunFor(10s);
  EXPECT_GE(written + 10'000, net_.options().window);
  EXPECT_LE(written, net_.options().window);
  reading = true;
  world_.RunFor(10s);
  EXPECT_EQ(got.size(), 1'000'000u);
}

TEST_F(NetworkTest, AResetStrikesBothSidesAtOnce) {
  absl::Status client_ended;
  Talk([&](env::Env&, env::Stream& stream) {
    const std::string chunk(1000, 'x');
    while (true) {
      client_ended = stream.Write(chunk, Instant::Never());
      if (!client_ended.ok()) return;
      if (absl::IsCancelled(client_ended)) return;
    }
  });
  world_.RunFor(20ms);
  EXPECT_TRUE(client_.running());
  net_.ResetConnections(s_, c_);
  EXPECT_EQ(net_.open_connections(), 0u);
  world_.RunFor(1ms);
  EXPECT_TRUE(absl::IsUnavailable(client_ended)) << client_ended;
  EXPECT_TRUE(absl::IsUnavailable(server_ended_)) << server_ended_;
  EXPECT_FALSE(received_.empty());
}

TEST_F(NetworkTest, WhoGivesUpSeesAnErrorTheOtherSideSeesItLater) {
  absl::Status client_ended;
  Talk([&](env::Env&, env::Stream& stream) {
    EXPECT_TRUE(stream.Write("sent before", Instant::Never()).ok());
    char byte;
    client_ended = stream.Read(absl::MakeSpan(&byte, 1), Instant::Never()).status();
  });
  world_.RunFor(10ms);
  net_.CutBoth(c_, s_);
  net_.GiveUpConnections(s_, c_);  // it dialed nobody
  world_.RunFor(1ms);
  EXPECT_TRUE(client_.running());
  net_.GiveUpConnections(c_, s_);
  world_.RunFor(1ms);
  EXPECT_TRUE(absl::IsUnavailable(client_ended)) << client_ended;
  EXPECT_EQ(net_.open_connections(), 1u) << "the other side does not know yet";
  net_.HealBoth(c_, s_);
  world_.RunFor(1s);
  EXPECT_EQ(net_.open_connections(), 0u);
}

TEST_F(NetworkTest, WhatWasSentArrivesAfterItsSenderGaveUp) {
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(100ms).ok());
    EXPECT_TRUE(stream.Write("late", Instant::Never()).ok());
    (void)env.Sleep(1h);
  });
  world_.RunFor(50ms);
  net_.Cut(c_, s_);
  world_.RunFor(100ms);
  net_.GiveUpConnections(c_, s_);
  EXPECT_EQ(received_, "");
  net_.Heal(c_, s_);
  world_.RunFor(1s);
  EXPECT_EQ(received_, "late");
}

TEST_F(NetworkTest, ACloggedLinkStallsAndThenReleasesEverything) {
  Talk([](env::Env& env, env::Stream& stream) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(env.Sleep(100ms).ok());
      EXPECT_TRUE(stream.Write(absl::StrCat(i), Instant::Never()).ok());
    }
    (void)env.Sleep(1h);
  });
  world_.RunFor(50ms);
  net_.Clog(c_, s_, 30s);
  world_.RunFor(29s);
  EXPECT_EQ(received_, "");
  world_.RunFor(2s);
  EXPECT_EQ(received_, "01234");
  EXPECT_EQ(received_at_, Time{} + 50ms + 30s);
}

TEST_F(NetworkTest, OneConnectionStallsWhileAnotherGoesOn) {
  Talk([](env::Env& env, env::Stream& stream) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(env.Sleep(100ms).ok());
      EXPECT_TRUE(stream.Write(absl::StrCat(i), Instant::Never()).ok());
    }
    (void)env.Sleep(1h);
  });
  world_.RunFor(50ms);
  EXPECT_FALSE(net_.ClogOne(c_, HostId(1), 1s, 0) && net_.ClogOne(s_, s_, 1s, 0));
  EXPECT_TRUE(net_.ClogOne(c_, s_, 30s, 7));
  world_.RunFor(20s);
  EXPECT_EQ(received_, "");
  // A later connection of the same link is not concerned.
  Host& other = world_.AddHost("10.0.0.3");
  bool dialed = false;
  other.Start([&](env::Env env) { dialed = DialAgain(env, kServer) != nullptr; });
  world_.RunFor(2s);
  EXPECT_TRUE(dialed);
  net_.HealAll();
  world_.RunFor(30s);
  EXPECT_EQ(received_, "01234");
}

TEST_F(NetworkTest, AResetComesAfterARandomByteOfWhatWasOnItsWay) {
  std::set<size_t> lengths;
  for (int round = 0; round < 20; ++round) {
    received_.clear();
    absl::Status client_ended;
    Talk([&](env::Env& env, env::Stream& stream) {
      EXPECT_TRUE(env.Sleep(10ms).ok());
      EXPECT_TRUE(stream.Write(std::string(1000, 'x'), Instant::Never()).ok());
      char byte;
      client_ended = stream.Read(absl::MakeSpan(&byte, 1), Instant::Never()).status();
    });
    net_.SetLatency(c_, s_, {.base = 50ms, .jitter = Duration(1), .tail_max = Duration(1)});
    // The client writes at 60 ms, the server has accepted at 100 ms, the bytes arrive at 110 ms.
    world_.RunFor(105ms);
    net_.ResetAtAByte(c_, s_);
    world_.RunFor(1s);
    EXPECT_TRUE(absl::IsUnavailable(client_ended)) << client_ended;
    EXPECT_TRUE(absl::IsUnavailable(server_ended_)) << server_ended_;
    EXPECT_EQ(net_.open_connections(), 0u);
    lengths.insert(received_.size());
    server_.Kill();
    client_.Kill();
  }
  EXPECT_GT(lengths.size(), 10u);
  EXPECT_GT(*lengths.rbegin(), 500u);
}

TEST_F(NetworkTest, AForgottenConnectionIsHalfOpenUntilTheOtherSideSendsSomething) {
  absl::Status client_ended;
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(10s).ok());
    EXPECT_TRUE(stream.Write("x", Instant::Never()).ok());
    char byte;
    client_ended = stream.Read(absl::MakeSpan(&byte, 1), Instant::Never()).status();
  });
  world_.RunFor(1s);
  net_.Forget(s_, c_);
  world_.RunFor(1s);
  EXPECT_TRUE(absl::IsUnavailable(server_ended_)) << server_ended_;
  EXPECT_EQ(net_.open_connections(), 1u) << "nobody told the client";
  EXPECT_TRUE(client_.running());
  world_.RunFor(9s);
  EXPECT_TRUE(absl::IsUnavailable(client_ended)) << client_ended;
  EXPECT_EQ(net_.open_connections(), 0u);
}

// Seed 415 of the scenario "network": the listener had not heard of it yet, and never did, so
// nobody was there to end it.
TEST_F(NetworkTest, AConnectionThatIsForgottenWithinItsHandshakeReachesTheListener) {
  net_.SetLatency(c_, s_, {.base = 50ms, .jitter = Duration(1), .tail_max = Duration(1)});
  net_.SetLatency(s_, c_, {.base = 50ms, .jitter = Duration(1), .tail_max = Duration(1)});
  bool accepted = false;
  server_.Start([&accepted](env::Env env) {
    auto listener = env.network.Listen(kServer);
    accepted = (*listener)->Accept(Instant::Never()).ok();
  });
  client_.Start([](env::Env env) {
    const auto stream = DialAgain(env, kServer);
    (void)env.Sleep(1h);
  });
  // Established for the client 100 ms after its dial, for the server 50 ms later.
  while (net_.open_connections() == 0) world_.RunFor(1ms);
  world_.RunFor(120ms);
  net_.Forget(c_, s_);
  EXPECT_FALSE(accepted);
  world_.RunFor(1s);
  EXPECT_TRUE(accepted);
  EXPECT_EQ(net_.open_connections(), 0u);
}

TEST_F(NetworkTest, ANarrowLinkHoldsTheWriterBackAndLetsGoWhenItIsWide) {
  Time written;
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(100ms).ok());
    EXPECT_TRUE(stream.Write(std::string(1'000'000, 'x'), Instant::Never()).ok());
    written = world_.now();
    (void)env.Sleep(1h);
  });
  world_.RunFor(50ms);
  net_.SetRate(c_, s_, 1000);
  world_.RunFor(60s);
  EXPECT_EQ(written, Time{}) << "the window is full";
  EXPECT_LT(received_.size(), 200'000u);
  net_.SetRate(c_, s_, 0);
  world_.RunFor(2s);
  EXPECT_EQ(received_.size(), 1'000'000u) << "nothing waits for what the old rate would have been";
  EXPECT_NE(written, Time{});
}

TEST_F(NetworkTest, AcceptFailsOnOneHostOnly) {
  net_.SetAcceptFailure(s_, 1'000'000);
  EXPECT_EQ(net_.fabric().topology.accept_failure_ppm(s_), 1'000'000u);
  EXPECT_EQ(net_.fabric().topology.accept_failure_ppm(c_), 0u);
  absl::Status accepted;
  server_.Start([&](env::Env env) {
    auto listener = env.network.Listen(kServer);
    accepted = (*listener)->Accept(Instant::Never()).status();
  });
  client_.Start([](env::Env env) { (void)DialAgain(env, kServer); });
  world_.RunFor(1s);
  EXPECT_TRUE(absl::IsResourceExhausted(accepted)) << accepted;
}

TEST_F(NetworkTest, LatencyAndRateAreOfTheLink) {
  Time sent;
  Talk([&](env::Env& env, env::Stream& stream) {
    EXPECT_TRUE(env.Sleep(1s).ok());
    sent = world_.now();
    EXPECT_TRUE(stream.Write(std::string(100'000, 'x'), Instant::Never()).ok());
    (void)env.Sleep(1h);
  });
  net_.SetLatency(c_, s_, {.base = 50ms, .jitter = Duration(1), .tail_max = Duration(1)});
  net_.SetRate(c_, s_, 1'000'000);
  world_.RunFor(10s);
  EXPECT_EQ(received_.size(), 100'000u);
  EXPECT_GE(received_at_ - sent, Duration(150ms));
  EXPECT_LT(received_at_ - sent, Duration(151ms));
}

TEST_F(NetworkTest, DialsAreRefusedSilentOrLate) {
  std::vector<absl::Status> dials;
  std::vector<Duration> took;
  client_.Start([&](env::Env env) {
    for (int i = 0; i < 3; ++i) {
      const Instant begin = env.clock.Now();
      dials.push_back(env.network.Dial(kServer, Instant::Never()).status());
      took.push_back(env.clock.Now() - begin);
      EXPECT_TRUE(env.Sleep(1s).ok());
    }
  });
  world_.RunFor(500ms);  // nobody listens
  net_.Cut(s_, c_);      // no answer comes back
  world_.RunFor(30s);
  net_.HealAll();
  net_.Cut(c_, s_);
  server_.Start([](env::Env env) { Echo(env, kServer); });
  world_.RunFor(2s);
  net_.HealAll();
  world_.RunFor(30s);
  ASSERT_EQ(dials.size(), 3u);
  EXPECT_TRUE(absl::IsUnavailable(dials[0])) << dials[0];
  EXPECT_LT(took[0], Duration(50ms));
  EXPECT_TRUE(absl::IsUnavailable(dials[1])) << dials[1];
  EXPECT_EQ(took[1], net_.options().dial_timeout);
}

TEST_F(NetworkTest, ADialGoesThroughAfterTheHeal) {
  Time connected;
  server_.Start([](env::Env env) { Echo(env, kServer); });
  client_.Start([&](env::Env env) {
    EXPECT_TRUE(env.network.Dial(kServer, Instant::Never()).ok());
    connected = world_.now();
  });
  net_.Cut(c_, s_);
  world_.RunFor(2s);
  EXPECT_EQ(connected, Time{});
  net_.HealAll();
  world_.RunFor(2s);
  EXPECT_GT(connected, Time{} + 3s);  // the second repetition: after 1 s and 2 s more
  EXPECT_LT(connected, Time{} + 3100ms);
}

TEST_F(NetworkTest, AFullBacklogIsSilence) {
  net_.options().backlog = 3;
  int connected = 0;
  server_.Start([](env::Env env) {
    auto listener = env.network.Listen(kServer);
    (void)env.Sleep(1h);
  });
  client_.Start([&](env::Env env) {
    fiber::Group group(env.scheduler);
    for (int i = 0; i < 10; ++i) {
      group.Spawn("dial", [&] {
        const auto stream = env.network.Dial(kServer, env.After(5s));
        if (stream.ok()) ++connected;
        (void)env.Sleep(10s);
      });
      EXPECT_TRUE(env.Sleep(5ms).ok());
    }
    group.Join();
  });
  world_.RunFor(8s);
  EXPECT_EQ(connected, 3);
}

TEST_F(NetworkTest, AcceptMayFailAndGoOn) {
  net_.options().accept_failure_ppm = 500'000;
  int failures = 0, accepted = 0;
  server_.Start([&](env::Env env) {
    auto listener = env.network.Listen(kServer);
    while (accepted < 50) {
      const auto stream = (*listener)->Accept(env.After(1s));
      if (absl::IsResourceExhausted(stream.status())) ++failures;
      if (stream.ok()) ++accepted;
      if (absl::IsCancelled(stream.status())) return;
    }
  });
  client_.Start([](env::Env env) {
    for (int i = 0; i < 50; ++i) DialAgain(env, kServer);
  });
  world_.RunFor(1min);
  EXPECT_EQ(accepted, 50);
  EXPECT_GT(failures, 20);
}

// Datagrams ---------------------------------------------------------------------------------------

class DatagramTest : public NetworkTest {
 protected:
  // What of `count` numbered datagrams of `size` bytes arrives, in the order of arrival.
  std::vector<std::string> Send(int count, size_t size = 8) {
    std::vector<std::string> got;
    server_.Start([&](env::Env env) {
      auto socket = env.network.Bind({"10.0.0.1", 9});
      while (true) {
        auto datagram = (*socket)->Receive(Instant::Never());
        if (!datagram.ok()) return;
        got.push_back(std::move(datagram->data));
      }
    });
    client_.Start([&](env::Env env) {
      auto socket = env.network.Bind({"10.0.0.2", 9});
      EXPECT_TRUE(env.Sleep(1ms).ok());
      for (int i = 0; i < count; ++i) {
        std::string data = absl::StrCat(i, ":");
        data.resize(size, '.');
        EXPECT_TRUE((*socket)->Send({"10.0.0.1", 9}, data).ok());
        EXPECT_TRUE(env.Sleep(1ms).ok());
      }
    });
    world_.RunFor(count * 2ms + 1s);
    server_.Kill();
    client_.Kill();
    return got;
  }
};

TEST_F(DatagramTest, LossDuplicationReorderingCorruptionTruncation) {
  EXPECT_EQ(Send(1000).size(), 1000u);

  net_.SetDatagramFaults(c_, s_, {.loss_ppm = 200'000});
  const size_t left = Send(1000).size();
  EXPECT_GT(left, 700u);
  EXPECT_LT(left, 900u);

  net_.SetDatagramFaults(c_, s_, {.duplicate_ppm = 100'000});
  const size_t more = Send(1000).size();
  EXPECT_GT(more, 1050u);
  EXPECT_LT(more, 1200u);

  net_.SetDatagramFaults(c_, s_, {.reorder_ppm = 300'000});
  const std::vector<std::string> mixed = Send(1000);
  EXPECT_EQ(mixed.size(), 1000u);
  const auto number = [](const std::string& text) { return std::stoi(text); };
  EXPECT_FALSE(std::is_sorted(mixed.begin(), mixed.end(),
                              [&](const auto& a, const auto& b) { return number(a) < number(b); }));
  EXPECT_EQ(std::set<std::string>(mixed.begin(), mixed.end()).size(), 1000u);

  net_.SetDatagramFaults(c_, s_, {.corrupt_ppm = 100'000});
  size_t damaged = 0;
  int expected = 0;
  for (const std::string& text : Send(1000)) {
    std::string sound = absl::StrCat(expected++, ":");
    sound.resize(8, '.');
    if (text != sound) ++damaged;
  }
  EXPECT_GT(damaged, 50u);
  EXPECT_LT(damaged, 150u);

  net_.SetDatagramFaults(c_, s_, {.truncate_ppm = 1'000'000, .mtu = 500});
  for (const std::string& text : Send(10, 501)) EXPECT_EQ(text.size(), 500u);
  for (const std::string& text : Send(10, 500)) EXPECT_EQ(text.size(), 500u);
}

TEST_F(DatagramTest, ACutDropsThemForGood) {
  net_.Cut(c_, s_);
  EXPECT_TRUE(Send(10).empty());
  EXPECT_EQ(world_.trace().count(EventKind::kDrop), 10u);
  net_.Heal(c_, s_);
  net_.Cut(s_, c_);
  EXPECT_EQ(Send(10).size(), 10u);
}

}  // namespace
}  // namespace konsul::sim
