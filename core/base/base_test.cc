#include <string>

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/base/status.h"
#include "core/base/time.h"
#include "gtest/gtest.h"

namespace konsul {
namespace {

TEST(Crc32cTest, VectorsOfRfc3720) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending.push_back(c);
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eU);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283U);
}

TEST(Crc32cTest, ChainsAcrossPieces) {
  EXPECT_EQ(Crc32c("56789", Crc32c("1234")), Crc32c("123456789"));
}

TEST(HashTest, IsTheSameInEveryProcessAndBuild) {
  RollingHash hash;
  hash.Add(1);
  hash.Add("two");
  EXPECT_EQ(hash.value().ToHex(), "4e5d43d064d7a1752818c38678eecc3d");
}

TEST(HashTest, BoundariesAndOrderMatter) {
  RollingHash a, b, c;
  a.Add("ab");
  a.Add("c");
  b.Add("a");
  b.Add("bc");
  c.Add("c");
  c.Add("ab");
  EXPECT_NE(a.value(), b.value());
  EXPECT_NE(a.value(), c.value());
  EXPECT_NE(HashContent("a"), HashContent(absl::string_view("a\0", 2)));
}

TEST(TimeTest, NeverIsSticky) {
  EXPECT_EQ(Instant::Never() + 5s, Instant::Never());
  EXPECT_EQ(Instant::Never() - 5s, Instant::Never());
  EXPECT_EQ((Instant{5} + Duration(std::numeric_limits<int64_t>::max())), Instant::Never());
  EXPECT_EQ((Instant{5} + 10ns) - Instant{5}, 10ns);
}

TEST(IdsTest, ArithmeticAndText) {
  Index i(7);
  EXPECT_EQ(++i, Index(8));
  EXPECT_EQ(Index(8) - Index(5), 3u);
  EXPECT_EQ(ToHex(0xabc), "0000000000000abc");
}

TEST(StatusTest, AnnotateKeepsTheCode) {
  EXPECT_EQ(Annotate(absl::DataLossError("bad"), "log").ToString(), "DATA_LOSS: log: bad");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "log").ok());
}

TEST(CheckDeathTest, SaysWhatAndWhere) {
  EXPECT_DEATH(KONSUL_CHECK(1 > 2, "one is ", 1), "base_test.cc.*1 > 2: one is 1");
}

}  // namespace
}  // namespace konsul
