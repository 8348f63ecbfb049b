#include "net/http/uri.h"

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::http {
namespace {

TEST(UriTest, DecodesThePathOnce) {
  EXPECT_EQ(DecodePath("/a%20b+c%2fd%25%32%35").value(), "/a b+c/d%25");
  for (const char* bad : {"/%", "/%2", "/%g1", "/%2g", "/a%"}) {
    EXPECT_FALSE(DecodePath(bad).ok()) << bad;
  }
}

TEST(UriTest, QueryKeysMayLackValues) {
  const auto query = ParseQuery("raw&a=1+2&a=%2B&&=x&b=c=d&keys=");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(*query,
            (std::vector<QueryParameter>{
                {"raw", ""}, {"a", "1 2"}, {"a", "+"}, {"", "x"}, {"b", "c=d"}, {"keys", ""}}));
  EXPECT_FALSE(ParseQuery("cas=%zz").ok());
}

TEST(UriTest, TargetForms) {
  struct Case {
    const char* method;
    const char* target;
    const char* path;  // null: refused
    size_t parameters;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"GET", "/v1/kv/a?raw&x=1", "/v1/kv/a", 2},
           {"GET", "/a?b?c", "/a", 1},
           {"GET", "http://h:8500/v1/x?y", "/v1/x", 1},
           {"GET", "HTTP://h", "/", 0},
           {"GET", "http://h?q", "/", 1},
           {"OPTIONS", "*", "*", 0},
           {"GET", "*", nullptr, 0},
           {"CONNECT", "h:80", nullptr, 0},
           {"GET", "", nullptr, 0},
           {"GET", "/a%00b", nullptr, 0},
           {"GET", "/a%0d%0aSet-Cookie:x", nullptr, 0},
           {"GET", "/%7f", nullptr, 0},
           {"GET", "/%c2%a0", nullptr, 0},
           {"GET", "/%e2%80%8b", nullptr, 0},
           {"GET", "/%c3%a9%e4%b8%ad%f0%9f%98%80", "/\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", 0},
           {"GET", "/%ff", "/\xff", 0},
       }) {
    std::string path;
    std::vector<QueryParameter> query;
    const absl::Status status = ParseTarget(c.method, c.target, path, query);
    EXPECT_EQ(status.ok(), c.path != nullptr) << c.target << " " << status;
    if (c.path == nullptr) continue;
    EXPECT_EQ(path, c.path);
    EXPECT_EQ(query.size(), c.parameters) << c.target;
  }
}

RC_GTEST_PROP(UriProperty, PathRoundTrip, (std::string path)) {
  RC_ASSERT(DecodePath(EncodePath(path)).value() == path);
}

RC_GTEST_PROP(UriProperty, TargetRoundTrip,
              (std::vector<std::pair<std::string, std::string>> parameters)) {
  std::vector<QueryParameter> query;
  for (const auto& [key, value] : parameters) {
    if (!key.empty()) query.push_back({key, value});
  }
  const std::string target = BuildTarget("/v1/kv/a b", query);
  std::string path;
  std::vector<QueryParameter> parsed;
  RC_ASSERT(ParseTarget("GET", target, path, parsed).ok());
  RC_ASSERT(path == "/v1/kv/a b");
  RC_ASSERT(parsed == query);
}

}  // namespace
}  // namespace konsul::http
