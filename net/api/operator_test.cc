// What operators and their tools see: /v1/operator, /v1/cluster, /v1/agent/metrics.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/routes_support.h"

namespace konsul::net_api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kOne[] = "0000000000000001";
constexpr char kTwo[] = "0000000000000002";

using OperatorTest = RoutesTest;

TEST_F(OperatorTest, TheConfigurationHasConsulsShape) {
  EXPECT_EQ(
      Full("GET /v1/operator/raft/configuration"),
      "200\n"
      "Content-Type: application/json\n"
      "\n"
      R"({"Servers":[)"
      R"({"ID":"00000000-0000-0001-8000-6b6f6e73756c","Node":"n1","Address":"127.0.0.1:8300","Leader":true,)"
      R"("ProtocolVersion":"3","Voter":true,"LastIndex":120},)"
      R"({"ID":"00000000-0000-0002-8000-6b6f6e73756c","Node":"n2","Address":"127.0.0.2:8300","Leader":false,)"
      R"("ProtocolVersion":"3","Voter":true,"LastIndex":120},)"
      R"({"ID":"00000000-0000-0003-8000-6b6f6e73756c","Node":"n3","Address":"127.0.0.3:8300","Leader":false,)"
      R"("ProtocolVersion":"3","Voter":true,"LastIndex":120}],"Index":9})");
}

TEST_F(OperatorTest, WithoutALeaderOnlyStaleAnswers) {
  cluster_.failure = absl::UnavailableError("No cluster leader");
  EXPECT_EQ(Brief("GET /v1/operator/raft/configuration"), "500 No cluster leader");
  EXPECT_THAT(Brief("GET /v1/operator/raft/configuration?stale"), HasSubstr("200 {\"Servers\""));
  EXPECT_EQ(Brief("GET /v1/operator/autopilot/health"), "500 No cluster leader");
  EXPECT_EQ(Brief("GET /v1/cluster/peers"), "500 No cluster leader");
  EXPECT_THAT(Brief("GET /v1/cluster/peers?stale"), HasSubstr("200 {"));
  EXPECT_THAT(Brief("GET /v1/cluster/status"), HasSubstr("200 {"));
  EXPECT_THAT(Brief("GET /v1/cluster/stats"), HasSubstr("200 {"));
  EXPECT_THAT(Brief("GET /v1/agent/metrics"), HasSubstr("200 {"));
}

TEST_F(OperatorTest, TransfersGoToWhoIsNamedOrToAny) {
  EXPECT_EQ(Brief("POST /v1/operator/raft/transfer-leader"), R"(200 {"Success":true})");
  EXPECT_EQ(Brief(absl::StrCat("PUT /v1/operator/raft/transfer-leader?id=", kTwo)),
            R"(200 {"Success":true})");
  EXPECT_THAT(cluster_.done, ElementsAre("transfer to 0", "transfer to 2"));
  EXPECT_EQ(Brief("POST /v1/operator/raft/transfer-leader?id=n2"),
            "500 id \"n2\" was not found in the Raft configuration");
  EXPECT_EQ(Brief("POST /v1/operator/raft/transfer-leader?id=2"),
            "500 id \"2\" was not found in the Raft configuration");
  EXPECT_EQ(Brief("POST /v1/operator/raft/transfer-leader?id=00000000000000ff"),
            "500 id \"00000000000000ff\" was not found in the Raft configuration");
  EXPECT_EQ(cluster_.done.size(), 2u);
  EXPECT_EQ(Ask("GET /v1/operator/raft/transfer-leader").headers.Get("Allow"), "OPTIONS,POST,PUT");
}

TEST_F(OperatorTest, PeersAreRemovedByIdOrAddress) {
  EXPECT_EQ(Brief(absl::StrCat("DELETE /v1/operator/raft/peer?id=", kTwo)), "200");
  EXPECT_EQ(Brief("DELETE /v1/operator/raft/peer?address=127.0.0.3:8300"), "200");
  EXPECT_EQ(Brief("DELETE /v1/operator/raft/peer?id=00000000-0000-0003-8000-6b6f6e73756c"), "200");
  EXPECT_THAT(cluster_.done, ElementsAre("remove 2", "remove 3", "remove 3"));
  EXPECT_EQ(Brief("DELETE /v1/operator/raft/peer?address=127.0.0.9:8300"),
            "500 address \"127.0.0.9:8300\" was not found in the Raft configuration");
  EXPECT_EQ(Brief("DELETE /v1/operator/raft/peer"),
            "400 Must specify either ?id with the server's ID or ?address with IP:port of peer to "
            "remove");
  EXPECT_EQ(Brief("DELETE /v1/operator/raft/peer?id=a&address=b"),
            "400 Must specify only one of ?id or ?address");
  EXPECT_EQ(cluster_.done.size(), 3u);
}

// There is nothing else to configure than what is.
TEST_F(OperatorTest, AutopilotsConfigurationIsShownAndNotChanged) {
  constexpr char kPath[] = "PUT /v1/operator/autopilot/configuration";
  const std::string shown = Brief("GET /v1/operator/autopilot/configuration");
  EXPECT_EQ(shown, R"(200 {"CleanupDeadServers":false,"LastContactThreshold":"200ms",)"
                   R"("MaxTrailingLogs":250,"MinQuorum":0,"ServerStabilizationTime":"0s",)"
                   R"("RedundancyZoneTag":"","DisableUpgradeMigration":false,)"
                   R"("UpgradeVersionTag":"","CreateIndex":0,"ModifyIndex":0})");
  EXPECT_EQ(Brief(kPath, shown.substr(4)), "200 true");
  EXPECT_EQ(Brief(absl::StrCat(kPath, "?cas=0"), "{}"), "200 true");
  EXPECT_EQ(Brief(absl::StrCat(kPath, "?cas=4"), "{}"), "200 false");
  for (const char* other :
       {R"({"CleanupDeadServers":true})", R"({"LastContactThreshold":"1s"})",
        R"({"MaxTrailingLogs":1})", R"({"MinQuorum":3})", R"({"ServerStabilizationTime":"10s"})"}) {
    EXPECT_EQ(Brief(kPath, other),
              "400 autopilot's configuration cannot be changed; GET tells what it is");
  }
  EXPECT_THAT(Brief(kPath, R"({"Nope":1})"), HasSubstr(R"(unknown field "Nope")"));
  EXPECT_THAT(Brief(kPath, ""), StartsWith("400 "));
}

TEST_F(OperatorTest, ALoneServerHasNobodyToHandOverTo) {
  cluster_.failure = absl::NotFoundError("there is no other voter to hand over to");
  EXPECT_EQ(Brief("POST /v1/operator/raft/transfer-leader"),
            "500 there is no other voter to hand over to");
}

TEST_F(OperatorTest, HealthTellsWhoIsBehindOrSilent) {
  EXPECT_EQ(Full("GET /v1/operator/autopilot/health?pretty"),
            "200\n"
            "Content-Type: application/json\n"
            "\n"
            R"({
    "Healthy": true,
    "FailureTolerance": 1,
    "Servers": [
        {
            "ID": "00000000-0000-0001-8000-6b6f6e73756c",
            "Name": "n1",
            "Address": "127.0.0.1:8300",
            "SerfStatus": "alive",
            "Leader": true,
            "LastContact": "0s",
            "LastTerm": 3,
            "LastIndex": 120,
            "Healthy": true,
            "Voter": true
        },
        {
            "ID": "00000000-0000-0002-8000-6b6f6e73756c",
            "Name": "n2",
            "Address": "127.0.0.2:8300",
            "SerfStatus": "alive",
            "Leader": false,
            "LastContact": "1.5ms",
            "LastTerm": 3,
            "LastIndex": 120,
            "Healthy": true,
            "Voter": true
        },
        {
            "ID": "00000000-0000-0003-8000-6b6f6e73756c",
            "Name": "n3",
            "Address": "127.0.0.3:8300",
            "SerfStatus": "alive",
            "Leader": false,
            "LastContact": "1.5ms",
            "LastTerm": 3,
            "LastIndex": 120,
            "Healthy": true,
            "Voter": true
        }
    ]
}
)");
  cluster_.members.peers[1].progress->last_contact = 201ms;
  EXPECT_THAT(Brief("GET /v1/operator/autopilot/health"),
              HasSubstr(R"(429 {"Healthy":false,"FailureTolerance":0,)"));
  EXPECT_THAT(Brief("GET /v1/operator/autopilot/health"), HasSubstr(R"("SerfStatus":"failed")"));
  cluster_.members.peers[1].progress->last_contact = 200ms;
  EXPECT_EQ(Ask("GET /v1/operator/autopilot/health").status, 200);
}

TEST_F(OperatorTest, HealthCountsHealthyVotersOnly) {
  const auto tolerance = [&] {
    const std::string body = Ask("GET /v1/operator/autopilot/health").body;
    return body.substr(body.find("Tolerance\":") + 11, 1);
  };
  cluster_.members.last_index = Index(400);
  cluster_.members.peers[1].progress->match = Index(150);
  cluster_.members.peers[2].progress->match = Index(149);
  EXPECT_EQ(Ask("GET /v1/operator/autopilot/health").status, 429) << "251 behind";
  EXPECT_EQ(tolerance(), "0");
  cluster_.members.peers[2].progress->match = Index(150);
  EXPECT_EQ(Ask("GET /v1/operator/autopilot/health").status, 200) << "250 behind";
  EXPECT_EQ(tolerance(), "1");
  cluster_.members.peers[2].progress->snapshot = true;
  EXPECT_EQ(Ask("GET /v1/operator/autopilot/health").status, 429);
  cluster_.members.peers[2].progress->snapshot = false;
  cluster_.members.peers[2].voter = false;
  EXPECT_EQ(tolerance(), "0") << "two voters: none may fail";
  cluster_.members.peers[0].progress = cluster_.members.peers[1].progress;
  EXPECT_EQ(Ask("GET /v1/operator/autopilot/health").status, 200);
  cluster_.members.peers[0].leader = false;
  EXPECT_EQ(Ask("GET /v1/operator/autopilot/health").status, 429) << "nobody leads";
}

TEST_F(OperatorTest, AutopilotStateNamesTheRoles) {
  cluster_.members.peers[2].voter = false;
  const std::string body = Brief("GET /v1/operator/autopilot/state");
  EXPECT_THAT(
      body,
      HasSubstr(
          R"("00000000-0000-0002-8000-6b6f6e73756c":{"ID":"00000000-0000-0002-8000-6b6f6e73756c","Name":"n2",)"
          R"("Address":"127.0.0.2:8300","NodeStatus":"alive",)"));
  EXPECT_THAT(body, HasSubstr(R"("Status":"leader")"));
  EXPECT_THAT(body, HasSubstr(R"("Status":"voter")"));
  EXPECT_THAT(body, HasSubstr(R"("Status":"staging")"));
  EXPECT_THAT(
      body,
      HasSubstr(
          R"("Leader":"00000000-0000-0001-8000-6b6f6e73756c",)"
          R"("Voters":["00000000-0000-0001-8000-6b6f6e73756c","00000000-0000-0002-8000-6b6f6e73756c"]})"));
}

TEST_F(OperatorTest, OverloadIsToldAndWhenToComeBack) {
  cluster_.failure = consensus_.failure = absl::ResourceExhaustedError("too much is under way");
  for (const char* ask : {"PUT /v1/kv/a", "GET /v1/kv/a", "DELETE /v1/kv/a",
                          "GET /v1/cluster/peers", "GET /v1/operator/raft/configuration"}) {
    const http::Response response = Ask(ask);
    EXPECT_EQ(response.status, 429) << ask;
    EXPECT_EQ(response.headers.Get("Retry-After"), "1") << ask;
    EXPECT_EQ(response.body, "too much is under way") << ask;
  }
  EXPECT_EQ(Ask("GET /v1/kv/a?stale").status, 404);
}

TEST_F(OperatorTest, TheStatusOfOneServer) {
  EXPECT_EQ(
      Ask("GET /v1/cluster/status").body,
      R"({"ID":"0000000000000001","Node":"n1","Cluster":"0000000000000abc",)"
      R"("State":"leader","Term":3,"LastContact":"0s","LastIndex":120,"CommitIndex":119,)"
      R"("AppliedIndex":119,"Leader":{"ID":"0000000000000001","Node":"n1",)"
      R"("Address":"127.0.0.1:8300"},"Voters":3,"Servers":3,"Changing":false,"Member":true})");
  EXPECT_EQ(Brief("GET /v1/cluster/leader"),
            R"(200 {"ID":"0000000000000001","Node":"n1","Address":"127.0.0.1:8300"})");
  cluster_.members.peers[0].leader = false;
  cluster_.stats.id = NodeId(7);
  cluster_.stats.cluster = ClusterId();
  EXPECT_EQ(Brief("GET /v1/cluster/leader"), "500 No cluster leader");
  EXPECT_THAT(Ask("GET /v1/cluster/status").body, HasSubstr(R"("Leader":null,)"));
  EXPECT_THAT(Ask("GET /v1/cluster/status").body, HasSubstr(R"("Cluster":"",)"));
  EXPECT_THAT(Ask("GET /v1/cluster/status").body, HasSubstr(R"("Member":false)"));
}

TEST_F(OperatorTest, PeersShowHowFarEachIs) {
  cluster_.members.joint = true;
  cluster_.members.peers[1].progress = {Index(100), 2s, true};
  cluster_.members.peers.pop_back();
  EXPECT_EQ(Ask("GET /v1/cluster/peers").body,
            R"({"Index":9,"Term":3,"LastIndex":120,"Changing":true,"Peers":[)"
            R"({"ID":"0000000000000001","Node":"n1","Address":"127.0.0.1:8300","Leader":true,)"
            R"("Voter":true,"Leaving":false},)"
            R"({"ID":"0000000000000002","Node":"n2","Address":"127.0.0.2:8300","Leader":false,)"
            R"("Voter":true,"Leaving":false,"MatchIndex":100,"Lag":20,"LastContact":"2s",)"
            R"("Snapshot":true}]})");
}

TEST_F(OperatorTest, JoinAndLeaveAndSnapshot) {
  EXPECT_EQ(Brief("PUT /v1/cluster/join", R"({"address":"10.0.0.1:8301"})"),
            R"(200 {"Success":true})");
  EXPECT_EQ(Brief("POST /v1/cluster/join", R"({"Address":"10.0.0.1"})"), R"(200 {"Success":true})");
  EXPECT_EQ(Brief(absl::StrCat("PUT /v1/cluster/leave/", kOne)), R"(200 {"Success":true})");
  EXPECT_EQ(Brief("POST /v1/cluster/leave/n2"), R"(200 {"Success":true})");
  EXPECT_EQ(Brief("POST /v1/cluster/leave/127.0.0.3:8300"), R"(200 {"Success":true})");
  EXPECT_EQ(Brief("PUT /v1/cluster/snapshot"), R"(200 {"Index":119})");
  EXPECT_THAT(cluster_.done, ElementsAre("join 10.0.0.1:8301", "join 10.0.0.1:8300", "remove 1",
                                         "remove 2", "remove 3", "snapshot"));
}

TEST_F(OperatorTest, ClusterRequestsThatMakeNoSense) {
  EXPECT_EQ(Brief("PUT /v1/cluster/leave/n9"), "404 no member has the id, name or address \"n9\"");
  EXPECT_EQ(Ask("PUT /v1/cluster/leave/").status, 400);
  EXPECT_EQ(Ask("PUT /v1/cluster/join", "").status, 400);
  EXPECT_EQ(Ask("PUT /v1/cluster/join", "{}").status, 400);
  EXPECT_EQ(Ask("PUT /v1/cluster/join", R"({"address":7})").status, 400);
  EXPECT_EQ(Ask("PUT /v1/cluster/join", R"({"address":"nowhere:port"})").status, 400);
  EXPECT_THAT(cluster_.done, IsEmpty());
  cluster_.failure = absl::FailedPreconditionError("this server belongs to a cluster already");
  EXPECT_EQ(Brief("PUT /v1/cluster/join", R"({"address":"10.0.0.1"})"),
            "409 this server belongs to a cluster already");
}

// ---- Metrics ------------------------------------------------------------------------------------

TEST_F(OperatorTest, PrometheusReadsTheMetrics) {
  cluster_.stats.commit_time.Add(250ms);
  cluster_.stats.commit_time.Add(1s);
  cluster_.stats.log_entries = 12345678;
  cluster_.members.peers[1].progress->match = Index(100);
  cluster_.members.peers[1].member.name = "n\"2\\";
  const http::Response response = Ask("GET /v1/agent/metrics?format=prometheus");
  EXPECT_EQ(response.headers.Get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* lines :
       {"# HELP konsul_raft_state 1 for the state that this server is in, 0 for the others.\n"
        "# TYPE konsul_raft_state gauge\n"
        "konsul_raft_state{state=\"follower\"} 0\n"
        "konsul_raft_state{state=\"pre-candidate\"} 0\n"
        "konsul_raft_state{state=\"candidate\"} 0\n"
        "konsul_raft_state{state=\"leader\"} 1\n",
        "# TYPE konsul_raft_commit_time_seconds summary\n"
        "konsul_raft_commit_time_seconds_sum 1.25\n"
        "konsul_raft_commit_time_seconds_count 2\n",
        "# TYPE konsul_raft_commit_time_max_seconds gauge\n"
        "konsul_raft_commit_time_max_seconds 1\n",
        "# TYPE konsul_raft_log_entries_total counter\n"
        "konsul_raft_log_entries_total 12345678\n",
        "# TYPE konsul_raft_replication_lag_entries gauge\n"
        "konsul_raft_replication_lag_entries{peer=\"0000000000000002\",node=\"n\\\"2\\\\\"} 20\n"
        "konsul_raft_replication_lag_entries{peer=\"0000000000000003\",node=\"n3\"} 0\n",
        "konsul_raft_peer_last_contact_seconds{peer=\"0000000000000003\",node=\"n3\"} 0.0015\n",
        "konsul_raft_members{voter=\"true\"} 3\n"}) {
    EXPECT_THAT(response.body, HasSubstr(lines));
  }
  for (const char* name :
       {"konsul_raft_leader_changes_total", "konsul_raft_apply_time_seconds_count",
        "konsul_raft_sync_time_seconds_count", "konsul_raft_snapshot_time_seconds_count",
        "konsul_raft_snapshot_index", "konsul_raft_snapshot_size_bytes",
        "konsul_raft_snapshot_sent_total", "konsul_raft_snapshot_installed_total",
        "konsul_raft_rejected_proposals_total"}) {
    EXPECT_THAT(response.body, HasSubstr(absl::StrCat("\n", name, " ")));
  }
}

// Every line is what the format allows, every family has its HELP and TYPE before its samples.
TEST_F(OperatorTest, PrometheusTextIsWellFormed) {
  const std::string body = Ask("GET /v1/agent/metrics?format=prometheus").body;
  ASSERT_FALSE(body.empty());
  EXPECT_EQ(body.back(), '\n');
  std::string family;
  std::string type;
  for (const absl::string_view line : absl::StrSplit(body, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 3));
    if (line.substr(0, 7) == "# HELP ") {
      family = words[2];
      EXPECT_GT(words[3].size(), 10u) << line;
      type.clear();
    } else if (line.substr(0, 7) == "# TYPE ") {
      EXPECT_EQ(words[2], family);
      type = words[3];
      EXPECT_EQ(type == "counter", family.ends_with("_total")) << family;
      EXPECT_TRUE(type != "summary" || family.ends_with("_seconds")) << family;
    } else {
      EXPECT_FALSE(type.empty()) << line;
      std::string expected = family;
      if (type == "summary") expected += line.find("_sum ") != line.npos ? "_sum" : "_count";
      EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), expected);
      double value = 0;
      EXPECT_TRUE(absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) << line;
    }
  }
}

TEST_F(OperatorTest, FollowersSayNothingAboutOthers) {
  for (server::Peer& peer : cluster_.members.peers) peer.progress.reset();
  EXPECT_THAT(Ask("GET /v1/agent/metrics?format=prometheus").body,
              Not(HasSubstr("konsul_raft_replication_lag_entries")));
}

TEST_F(OperatorTest, TheMetricsInConsulsShape) {
  cluster_.stats.apply_time.Add(2ms);
  cluster_.stats.leader_changes = 4;
  const std::string body = Ask("GET /v1/agent/metrics").body;
  EXPECT_THAT(body, HasSubstr(R"({"Timestamp":"2017-08-08 02:55:10 +0000 UTC","Gauges":[{"Name":)"
                              R"("konsul_raft_state","Value":0,"Labels":{"state":"follower"}},)"));
  EXPECT_THAT(body, HasSubstr(R"(],"Points":[],"Counters":[)"));
  EXPECT_THAT(body, HasSubstr(R"({"Name":"konsul_raft_leader_changes_total","Count":4,"Sum":4,)"
                              R"("Min":1,"Max":1,"Mean":1,"Stddev":0,"Labels":{}})"));
  EXPECT_THAT(body, HasSubstr(R"({"Name":"konsul_raft_elections_total","Count":0,"Sum":0,"Min":0,)"
                              R"("Max":0,"Mean":0,"Stddev":0,"Labels":{}})"));
  const auto times = [&](absl::string_view name) {
    const std::vector<std::string> parts =
        absl::StrSplit(body, absl::StrCat("{\"Name\":\"", name, "\","));
    return parts.size() - 1;
  };
  EXPECT_EQ(times("konsul_raft_term"), 1u);
  EXPECT_EQ(times("konsul_raft_leader_changes_total"), 1u);
  EXPECT_EQ(times("konsul_raft_apply_time_seconds"), 1u);
  EXPECT_THAT(body, HasSubstr(R"({"Name":"konsul_raft_apply_time_seconds","Count":1,"Sum":0.002,)"
                              R"("Mean":0.002,"Labels":{}})"));
}

}  // namespace
}  // namespace konsul::net_api
