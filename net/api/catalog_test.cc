// Registrations, each answered as by a Consul 1.16.1.
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CatalogRoutesTest : public RoutesTest {
 protected:
  std::string Register(std::string body) { return Brief("PUT /v1/catalog/register", body); }
  std::string Deregister(std::string body) { return Brief("PUT /v1/catalog/deregister", body); }
  // Of a session that depends on it.
  std::string Depend(const std::string& node, const std::string& check) {
    return Brief("PUT /v1/session/create",
                 absl::StrCat(R"({"Node":")", node, R"(","NodeChecks":[")", check, R"("]})"))
        .substr(0, 8);
  }
};

TEST_F(CatalogRoutesTest, WhatMakesNoSenseIsRefusedAndNothingIsDone) {
  const struct {
    const char* body;
    const char* answer;
  } cases[] = {
      {R"({"Address":"1.2.3.4"})", "500 Must provide node"},
      {R"({"Node":"f","Address":""})", "500 Must provide address if SkipNodeUpdate is not set"},
      {R"({"Node":"f","Address":"1.2.3.4","ID":"bad"})",
       "500 Bad node ID: uuid string is wrong length"},
      {R"({"Node":"f","Address":"1.2.3.4","ID":"aaaaaaaa_6e26-13a9-51e1-76b952f0c8e4"})",
       "500 Bad node ID: uuid is improperly formatted"},
      {R"({"Node":"f","Address":"1.2.3.4","ID":"zaaaaaaa-6e26-13a9-51e1-76b952f0c8e4"})",
       "500 Bad node ID: encoding/hex: invalid byte: U+007A 'z'"},
      {R"({"Node":"f","Address":"1.2.3.4","Datacenter":"dc9"})", "500 No path to datacenter"},
      {R"({"Node":"f","Address":"1.2.3.4","Datacenter":"DC1"})", "500 No path to datacenter"},
      {R"({"Datacenter":"dc9"})", "500 No path to datacenter"},
      {R"({"Node":"f","Address":"1","Check":{"Node":"other","CheckID":"a"}})",
       "500 Node 'other' for check 'a' doesn't match register request node 'f'"},
      {R"({"Node":"f","Address":"1","Check":{"ServiceID":"web","CheckID":"b"}})",
       "500 Unknown service ID 'web' for check ID 'b'"},
      {R"({"Node":"f","Address":"1","Checks":[{"CheckID":"a"},{"ServiceID":"x","CheckID":"b"}]})",
       "500 Unknown service ID 'x' for check ID 'b'"},
      {R"({"Node":"f","Address":"1","Checks":{}})",
       "400 Request decode failed: \"Checks\" is not a list"},
  };
  for (const auto& c : cases) EXPECT_EQ(Register(c.body), c.answer) << c.body;
  EXPECT_EQ(Brief("GET /v1/catalog/nodes"), "200 []");
}

TEST_F(CatalogRoutesTest, ManyChecksAtOnce) {
  EXPECT_EQ(Register(R"({"Node":"f","Address":"1","Checks":[{"CheckID":"a","Status":"passing"},)"
                     R"({"Name":"b","Status":"warning"}],"Check":{"CheckID":"c","Node":"F"}})"),
            "200 true");
  EXPECT_EQ(Depend("f", "a"), "200 {\"ID");
  EXPECT_EQ(Depend("f", "b"), "200 {\"ID");
  EXPECT_EQ(Depend("f", "c"), "500 Chec") << "critical without a status";
}

TEST_F(CatalogRoutesTest, ANewNodeMayBeMadeBySkippingItsUpdate) {
  EXPECT_EQ(Register(R"({"Node":"f","SkipNodeUpdate":true})"), "200 true");
  EXPECT_EQ(Register(R"({"Node":"f","Address":"9","SkipNodeUpdate":true})"), "200 true");
  EXPECT_THAT(Brief("GET /v1/catalog/nodes"), HasSubstr(R"("Node":"f","Address":"",)"));
}

TEST_F(CatalogRoutesTest, AnIdRenames) {
  const std::string id = R"(","Address":"1","ID":"aaaaaaaa-6e26-13a9-51e1-76b952f0c8e4"})";
  EXPECT_EQ(Register(R"({"Node":"foo)" + id), "200 true");
  EXPECT_EQ(Register(R"({"Node":"bar)" + id), "200 true");
  EXPECT_THAT(Brief("GET /v1/catalog/nodes"), HasSubstr(R"("Node":"bar")"));
  EXPECT_THAT(Brief("GET /v1/catalog/nodes"), Not(HasSubstr(R"("Node":"foo")")));
}

TEST_F(CatalogRoutesTest, WhatIsDeregisteredIsWhatWasNamed) {
  Register(R"({"Node":"f","Address":"1","Datacenter":"dc1"})");
  EXPECT_EQ(Deregister(R"({"Node":"f","Datacenter":"dc9"})"), "500 No path to datacenter");
  EXPECT_EQ(Deregister(R"({"Node":"f","ServiceID":"web"})"), "200 true");
  EXPECT_THAT(Brief("GET /v1/catalog/nodes"), HasSubstr(R"("Node":"f")"));
  EXPECT_EQ(Deregister(R"({"Node":"f","Datacenter":"dc1"})"), "200 true");
  EXPECT_EQ(Brief("GET /v1/catalog/nodes"), "200 []");
}

}  // namespace
}  // namespace konsul::net_api
