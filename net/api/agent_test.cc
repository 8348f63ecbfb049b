// What a server says of itself, its process and its machine.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::HasSubstr;

class AgentTest : public RoutesTest {};

TEST_F(AgentTest, Host) {
  EXPECT_EQ(Brief("GET /v1/agent/host"),
            R"(200 {"Memory":{"total":8192,"free":2048,"used":2048,"usedPercent":25},)"
            R"("CPU":[{"cpu":0,"vendorId":"V","family":"6","model":"85","stepping":7,)"
            R"("physicalId":"0","coreId":"1","cores":1,"modelName":"M","mhz":3100.5,)"
            R"("cacheSize":512,"flags":["fpu"],"microcode":"0x1"}],)"
            R"("Host":{"hostname":"box","uptime":60,"bootTime":1502160850,"procs":42,"os":"linux",)"
            R"("platform":"debian","platformFamily":"debian","platformVersion":"12",)"
            R"("kernelVersion":"6.1.0","kernelArch":"x86_64","virtualizationSystem":"",)"
            R"("virtualizationRole":"","hostId":"01234567-89ab-cdef-0123-456789abcdef"},)"
            R"("Disk":{"path":"/var/lib/konsul","fstype":"","total":1000,"free":600,"used":200,)"
            R"("usedPercent":25,"inodesTotal":100,"inodesUsed":10,"inodesFree":90,)"
            R"("inodesUsedPercent":10},"CollectionTime":1502160910000000000,"Errors":null})");
}

TEST_F(AgentTest, HostOfWhichNothingIsKnown) {
  process_.host = {.errors = {"/proc/meminfo cannot be read"}};
  EXPECT_EQ(Brief("GET /v1/agent/host"),
            R"(200 {"Memory":null,"CPU":null,"Host":null,"Disk":null,)"
            R"("CollectionTime":1502160910000000000,"Errors":["/proc/meminfo cannot be read"]})");
}

TEST_F(AgentTest, Version) {
  EXPECT_EQ(Brief("GET /v1/agent/version"),
            R"(200 {"SHA":"","BuildDate":"1970-01-01T00:00:01Z","HumanVersion":"","FIPS":""})");
}

TEST_F(AgentTest, StatsSayWhoLeads) {
  EXPECT_THAT(Brief("GET /v1/agent/self"),
              HasSubstr(R"("consul":{"acl":"disabled","bootstrap":"false","known_datacenters":"1",)"
                        R"("leader":"true","leader_addr":"127.0.0.1:8300","server":"true"})"));
  cluster_.stats.role = raft::Role::kFollower;
  cluster_.members.peers[0].leader = false;
  cluster_.members.peers[1].leader = true;
  EXPECT_THAT(Brief("GET /v1/agent/self"),
              HasSubstr(R"("leader":"false","leader_addr":"127.0.0.2:8300")"));
  cluster_.members.peers[1].leader = false;
  EXPECT_THAT(Brief("GET /v1/agent/self"), HasSubstr(R"("leader_addr":"",)"));
}

TEST_F(AgentTest, MembersOfAllDatacentersAreNamedAfterTheirs) {
  EXPECT_THAT(Brief("GET /v1/agent/members?wan=1"), HasSubstr(R"([{"Name":"n1.dc1",)"));
  EXPECT_THAT(Brief("GET /v1/agent/members?wan"), HasSubstr(R"([{"Name":"n1",)"));
}

TEST_F(AgentTest, Reload) {
  EXPECT_EQ(Full("PUT /v1/agent/reload"), "200\n\n");
  EXPECT_EQ(process_.reloads, 1);
  process_.failure = absl::InvalidArgumentError("config file k.json: unknown key \"x\"");
  EXPECT_EQ(Full("PUT /v1/agent/reload"),
            "500\n"
            "Content-Type: text/plain; charset=utf-8\n"
            "\n"
            "config file k.json: unknown key \"x\"");
}

TEST_F(AgentTest, MetricsOfTheHttpServer) {
  const std::string text = Brief("GET /v1/agent/metrics?format=prometheus");
  EXPECT_THAT(text, HasSubstr("\nkonsul_http_connections 3\n"));
  EXPECT_THAT(text, HasSubstr("\nkonsul_http_parked_connections 2\n"));
  EXPECT_THAT(text, HasSubstr("\nkonsul_http_requests_total 7\n"));
  EXPECT_THAT(Brief("GET /v1/agent/metrics"),
              HasSubstr(R"({"Name":"konsul_http_parked_connections","Value":2,"Labels":{}})"));
}

}  // namespace
}  // namespace konsul::net_api
