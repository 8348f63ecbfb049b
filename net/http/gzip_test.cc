#include "net/http/gzip.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::http {
namespace {

using ::testing::HasSubstr;

bool Accepts(absl::string_view header) {
  Request request;
  request.headers.Set("Accept-Encoding", header);
  return AcceptsGzip(request);
}

TEST(GzipTest, IsTakenByWhoeverSaysSo) {
  EXPECT_TRUE(Accepts("gzip"));
  EXPECT_TRUE(Accepts("deflate, GZIP;q=0.5, br"));
  EXPECT_FALSE(Accepts("gzip;q=0"));
  EXPECT_FALSE(Accepts("deflate"));
  EXPECT_FALSE(Accepts(""));
  EXPECT_FALSE(AcceptsGzip(Request()));
}

RC_GTEST_PROP(Gzip, SurvivesPacking, (const std::string& bytes)) {
  const auto unpacked = Gunzip(Gzip(bytes), bytes.size());
  RC_ASSERT(unpacked.ok());
  RC_ASSERT(*unpacked == bytes);
}

TEST(GzipTest, ForeignBytesAreErrors) {
  const std::string packed = Gzip(std::string(100'000, 'x'));
  EXPECT_THAT(Gunzip(packed, 99'999).status().message(), HasSubstr("more than 99999"));
  EXPECT_TRUE(Gunzip(packed, 100'000).ok());
  EXPECT_FALSE(Gunzip(absl::string_view(packed).substr(0, packed.size() - 1), 1 << 20).ok());
  EXPECT_FALSE(Gunzip("", 10).ok());
  EXPECT_FALSE(Gunzip("not gzip at all", 10).ok());
  std::string numbers;
  for (int i = 0; i < 1000; ++i) numbers += std::to_string(i * i) + " ";
  std::string flipped = Gzip(numbers);
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_FALSE(Gunzip(flipped, 1 << 20).ok());
}

TEST(GzipTest, OnlyWhatIsLargeIsPacked) {
  Request request;
  request.headers.Set("Accept-Encoding", "gzip");
  Response small = Response::Json(200, "[]");
  PackIfWanted(request, small);
  EXPECT_EQ(small.body, "[]");
  Response large = Response::Json(200, std::string(kGzipWorthBytes, 'x'));
  PackIfWanted(request, large);
  EXPECT_EQ(large.headers.Get("Content-Encoding"), "gzip");
  EXPECT_EQ(*Gunzip(large.body, 1 << 20), std::string(kGzipWorthBytes, 'x'));
  Response plain = Response::Json(200, std::string(kGzipWorthBytes, 'x'));
  PackIfWanted(Request(), plain);
  EXPECT_FALSE(plain.headers.Has("Content-Encoding"));
  EXPECT_EQ(plain.headers.Get("Vary"), "Accept-Encoding");
}

}  // namespace
}  // namespace konsul::http
