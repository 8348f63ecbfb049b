#include "cmd/client/address.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::client {
namespace {

TEST(HttpAddress, IsTakenInEveryFormPeopleWrite) {
  for (const char* text : {"127.0.0.1:8500", "127.0.0.1", "http://127.0.0.1:8500/", "localhost",
                           "http://localhost:8500"}) {
    auto endpoint = ResolveHttpAddress(text);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->ToString(), "127.0.0.1:8500") << text;
  }
  EXPECT_EQ(ResolveHttpAddress("[::1]:9")->ToString(), "[::1]:9");
}

TEST(HttpAddress, MistakesNameTheText) {
  EXPECT_THAT(std::string(ResolveHttpAddress("https://x").status().message()),
              testing::HasSubstr("TLS"));
  EXPECT_THAT(std::string(ResolveHttpAddress("127.0.0.1:x").status().message()),
              testing::HasSubstr("127.0.0.1:x"));
  EXPECT_FALSE(ResolveHttpAddress("").ok());
}

}  // namespace
}  // namespace konsul::client
