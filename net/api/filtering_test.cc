// What `?filter=` and `?node-meta=` leave of lists; expressions themselves are net/filter's.
#include <boost/json/parse.hpp>
#include <string>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::StartsWith;

class FilteringTest : public RoutesTest {
 protected:
  void SetUp() override {
    for (const char* node :
         {R"({"Node":"web1","Address":"10.0.0.1","NodeMeta":{"os":"linux","n":"5"}})",
          R"({"Node":"web2","Address":"10.0.0.2","NodeMeta":{"os":"bsd"}})",
          R"({"Node":"db","Address":"10.0.0.3","TaggedAddresses":{"lan":"10.0.0.3"}})"}) {
      ASSERT_EQ(Brief("PUT /v1/catalog/register", node), "200 true");
    }
  }

  // The names of those that are listed, or the error.
  std::string Names(absl::string_view path, absl::string_view query, absl::string_view member) {
    const http::Response response = Ask(absl::StrCat("GET ", path, "?", query));
    if (response.status != 200) return absl::StrCat(response.status, " ", response.body);
    std::vector<std::string> names;
    const boost::json::value items = boost::json::parse(response.body);
    for (const auto& item : items.as_array()) {
      names.emplace_back(item.as_object().at({member.data(), member.size()}).as_string());
    }
    return absl::StrJoin(names, " ");
  }
  std::string Nodes(absl::string_view query) { return Names("/v1/catalog/nodes", query, "Node"); }
  std::string Members(absl::string_view query) { return Names("/v1/agent/members", query, "Name"); }
};

constexpr char kBad[] = "500 Failed to create boolean expression evaluator: ";

TEST_F(FilteringTest, NodesByExpression) {
  EXPECT_EQ(Nodes("filter="), "db web1 web2");
  EXPECT_EQ(Nodes("filter=Node==web1"), "web1");
  EXPECT_EQ(Nodes("filter=Node+matches+web+and+not+Meta.os+==+bsd"), "web1");
  EXPECT_EQ(Nodes("filter=Node==nope"), "");
  EXPECT_EQ(Nodes("filter=Meta+is+empty"), "db");
  EXPECT_EQ(Nodes("filter=TaggedAddresses.lan==%2210.0.0.3%22"), "db");
  EXPECT_EQ(Nodes("filter=PeerName==%22%22+and+Partition==%22%22+and+ID==%22%22"), "db web1 web2");
  EXPECT_EQ(Nodes("filter=Node==web1&filter=Node==web2"), "web1") << "the first counts";
  EXPECT_EQ(IndexOf("GET /v1/catalog/nodes?filter=Node==web1"), IndexOf("GET /v1/catalog/nodes"));
  EXPECT_EQ(Brief("GET /v1/catalog/nodes?filter=Node==nope"), "200 []");
}

TEST_F(FilteringTest, ExpressionsThatAreNone) {
  EXPECT_EQ(Nodes("filter=Foo==1"), absl::StrCat(kBad, R"(Selector "Foo" is not valid)"));
  EXPECT_EQ(Nodes("filter=CreateIndex==1"),
            absl::StrCat(kBad, R"(Selector "CreateIndex" is not valid)"));
  EXPECT_EQ(Members("filter=Port==x"),
            absl::StrCat(kBad, R"(Failed to coerce value "x" for selector "Port": )",
                         R"(strconv.ParseUint: parsing "x": invalid syntax)"));
  EXPECT_THAT(Nodes("filter=Node"), StartsWith(absl::StrCat(kBad, "1:5 (4): no match found")));
  EXPECT_THAT(Nodes("filter=Foo==1&index=1000&wait=1s"), StartsWith(kBad)) << "at once";
  EXPECT_EQ(Nodes("filter=Foo==1&index=x"), "400 Invalid index");
}

TEST_F(FilteringTest, NodesByMetadata) {
  EXPECT_EQ(Nodes("node-meta=os:linux"), "web1");
  EXPECT_EQ(Nodes("node-meta=os:linux&node-meta=n:5"), "web1");
  EXPECT_EQ(Nodes("node-meta=os:linux&node-meta=n:6"), "");
  EXPECT_EQ(Nodes("node-meta=os:linux&node-meta=os:bsd"), "web2") << "the last of one key";
  EXPECT_EQ(Nodes("node-meta=os"), "");
  EXPECT_EQ(Nodes("node-meta"), "");
  EXPECT_EQ(Nodes("node-meta=os:linux:x"), "");
  EXPECT_EQ(Nodes("node-meta=os:bsd&filter=Node==web1"), "");
  EXPECT_EQ(Nodes("node-meta=os:bsd&filter=Node==web2"), "web2");
}

TEST_F(FilteringTest, Members) {
  EXPECT_EQ(Members("filter=Name==n2"), "n2");
  EXPECT_EQ(Members("filter=Status==1+and+Port!=0+and+Tags.role==consul+and+Name==n1"), "n1");
  EXPECT_EQ(Members("filter=Addr==%22127.0.0.2%22"), "n2");
  EXPECT_EQ(Members("filter=Name==nope"), "");
}

}  // namespace
}  // namespace konsul::net_api
