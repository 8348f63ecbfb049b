// What only the kernel's network has; the rest is in tests/contract.
#include "net/reactor/network.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/reactor/address.h"
#include "net/reactor/real_world.h"

namespace konsul::reactor {
namespace {

using env::Endpoint;

class NetworkTest : public ::testing::Test {
 protected:
  Instant Soon() { return world.clock().Now() + 10s; }
  env::Network& network() { return world.network(); }

  RealWorld world{{.catch_signals = false}};
};

TEST(AddressTest, RoundTrips) {
  for (const Endpoint& endpoint :
       {Endpoint{"127.0.0.1", 8300}, Endpoint{"::1", 1}, Endpoint{"2001:db8::7", 65535}}) {
    EXPECT_EQ(ToEndpoint(ToSocketAddress(endpoint).value()), endpoint);
  }
  for (const char* host : {"", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1", ":::", "1::2::3"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ToSocketAddress({host, 1}).status())) << host;
  }
}

TEST(AddressTest, KnowsWildcards) {
  EXPECT_TRUE(ToSocketAddress({"0.0.0.0", 1})->wildcard());
  EXPECT_TRUE(ToSocketAddress({"::", 1})->wildcard());
  EXPECT_FALSE(ToSocketAddress({"127.0.0.1", 1})->wildcard());
  EXPECT_FALSE(ToSocketAddress({"::1", 1})->wildcard());
}

TEST_F(NetworkTest, Ipv6AndIpv4WildcardsOnOnePort) {
  world.Run([&] {
    auto v6 = network().Listen({"::", 0});
    if (!v6.ok()) GTEST_SKIP() << v6.status();
    const uint16_t port = (*v6)->local().port;
    auto v4 = network().Listen({"0.0.0.0", port});
    ASSERT_TRUE(v4.ok()) << v4.status();

    auto to_v6 = network().Dial({"::1", port}, Soon());
    ASSERT_TRUE(to_v6.ok()) << to_v6.status();
    auto from_v6 = (*v6)->Accept(Soon());
    ASSERT_TRUE(from_v6.ok()) << from_v6.status();
    EXPECT_EQ((*from_v6)->local(), (Endpoint{"::1", port}));
    EXPECT_EQ((*from_v6)->peer(), (*to_v6)->local());

    auto to_v4 = network().Dial({"127.0.0.1", port}, Soon());
    ASSERT_TRUE(to_v4.ok()) << to_v4.status();
    auto from_v4 = (*v4)->Accept(Soon());
    ASSERT_TRUE(from_v4.ok()) << from_v4.status();
    EXPECT_EQ((*from_v4)->local(), (Endpoint{"127.0.0.1", port}));
  });
}

TEST_F(NetworkTest, DatagramsOverIpv6) {
  world.Run([&] {
    auto a = network().Bind({"::1", 0});
    if (!a.ok()) GTEST_SKIP() << a.status();
    auto b = network().Bind({"::1", 0});
    ASSERT_TRUE((*a)->Send((*b)->local(), "six").ok());
    const auto got = (*b)->Receive(Soon());
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->from, (*a)->local());
    EXPECT_EQ(got->data, "six");
    EXPECT_TRUE(absl::IsInvalidArgument((*a)->Send({"127.0.0.1", 9}, "four")));
  });
}

TEST_F(NetworkTest, AResetIsUnavailable) {
  world.Run([&] {
    auto listener = network().Listen({"127.0.0.1", 0}).value();
    const SocketAddress to = ToSocketAddress(listener->local()).value();
    const int raw = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(raw, &to.any, to.size), 0);
    auto stream = listener->Accept(Soon()).value();
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(raw, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(raw);
    char byte;
    EXPECT_TRUE(absl::IsUnavailable(stream->Read(absl::MakeSpan(&byte, 1), Soon()).status()));
    EXPECT_TRUE(absl::IsUnavailable(stream->Write("x", Soon())));
  });
}

TEST_F(NetworkTest, AcceptWithoutDescriptorsIsResourceExhaustedAndMayBeRepeated) {
  world.Run([&] {
    auto listener = network().Listen({"127.0.0.1", 0}).value();
    auto dialed = network().Dial(listener->local(), Soon()).value();
    // UBSan opens a pipe to look at an object of a type it has not seen destroyed before.
    EXPECT_FALSE(network().Dial({"127.0.0.1", 1}, Soon()).ok());
    rlimit before;
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    const int next = dup(0);
    close(next);
    none.rlim_cur = static_cast<rlim_t>(next);
    setrlimit(RLIMIT_NOFILE, &none);
    const absl::Status accept = listener->Accept(Soon()).status();
    const absl::Status dial = network().Dial(listener->local(), Soon()).status();
    setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_TRUE(absl::IsResourceExhausted(accept)) << accept;
    EXPECT_TRUE(absl::IsResourceExhausted(dial)) << dial;
    EXPECT_TRUE(listener->Accept(Soon()).ok());
  });
}

TEST_F(NetworkTest, ADialNeverConnectsToItself) {
  // Dialling every port the kernel may lend, one of the attempts would get its own as source.
  int low = 32768, high = 60999;
  if (FILE* range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r"); range != nullptr) {
    if (fscanf(range, "%d %d", &low, &high) != 2) low = 32768;
    fclose(range);
  }
  world.Run([&] {
    for (int port = low; port <= high; port += 2) {
      auto stream = network().Dial({"127.0.0.1", static_cast<uint16_t>(port)}, Soon());
      EXPECT_TRUE(!stream.ok() || (*stream)->local() != (*stream)->peer()) << port;
    }
  });
}

}  // namespace
}  // namespace konsul::reactor
