#include "core/server/bootstrap.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::server {
namespace {

raft::Member MemberOf(uint64_t id) {
  return {NodeId(id), absl::StrCat("n", id), absl::StrCat("127.0.0.", id, ":8300")};
}

Introduction From(uint64_t id, const std::vector<uint64_t>& view, ClusterId cluster = {}) {
  Introduction introduction;
  introduction.id = NodeId(id);
  introduction.name = absl::StrCat("n", id);
  introduction.address = absl::StrCat("127.0.0.", id, ":8300");
  introduction.cluster = cluster;
  introduction.log_end = Index(cluster == ClusterId() ? 0 : 1);
  for (const uint64_t member : view) introduction.view.push_back(MemberOf(member));
  return introduction;
}

TEST(BootstrapViewTest, AgreesWhenEverybodySeesTheSameServers) {
  BootstrapView view(MemberOf(1), 3);
  EXPECT_TRUE(view.Agreed({}).empty());
  EXPECT_EQ(view.Missing(), "waiting for servers: 1 of 3 known");
  view.Add(From(2, {2}));
  view.Add(From(3, {1, 2, 3}));
  EXPECT_TRUE(view.Agreed({}).empty()) << "server 2 has not said yet that it sees us";
  view.Add(From(2, {1, 2, 3}));
  EXPECT_EQ(view.Agreed({}).voters, (std::vector{MemberOf(1), MemberOf(2), MemberOf(3)}));
}

TEST(BootstrapViewTest, OneServerAgreesWithItself) {
  EXPECT_EQ(BootstrapView(MemberOf(7), 1).Agreed({}).voters, std::vector{MemberOf(7)});
}

TEST(BootstrapViewTest, TooManyServersNeverAgree) {
  BootstrapView view(MemberOf(1), 2);
  for (const uint64_t id : {2, 3}) view.Add(From(id, {1, 2, 3}));
  EXPECT_TRUE(view.Agreed({}).empty());
  EXPECT_NE(view.Missing().find("-bootstrap-expect is 2"), std::string::npos);
}

TEST(BootstrapViewTest, AStoredClusterIdBinds) {
  BootstrapView view(MemberOf(1), 2);
  view.Add(From(2, {1, 2}));
  const raft::Configuration agreed = view.Agreed({});
  ASSERT_FALSE(agreed.empty());
  EXPECT_FALSE(view.Agreed(ClusterIdOf(agreed)).empty());
  EXPECT_TRUE(view.Agreed(ClusterId(12345)).empty());
}

TEST(BootstrapViewTest, AServerThatHasBootstrappedShowsItsCluster) {
  BootstrapView view(MemberOf(1), 2);
  const ClusterId ours = ClusterIdOf({{MemberOf(1), MemberOf(2)}});
  view.Add(From(2, {2}, ClusterId(99)));
  EXPECT_TRUE(view.Agreed({}).empty()) << "it began another cluster";
  view.Add(From(2, {2}, ours));
  EXPECT_FALSE(view.Agreed({}).empty());
}

TEST(BootstrapViewTest, NobodyBeginsALogInAClusterThatHasGoneOn) {
  BootstrapView view(MemberOf(1), 3);
  view.Add(From(2, {1, 2, 3}));
  view.Add(From(3, {1, 2, 3}));
  const ClusterId ours = view.Agreed({}).cluster;
  Introduction ahead = From(3, {1, 2, 3}, ours);
  view.Add(ahead);
  EXPECT_FALSE(view.Agreed({}).empty()) << "it has only begun its log";
  ahead.log_end = Index(2);
  view.Add(ahead);
  EXPECT_TRUE(view.Agreed({}).empty()) << "somebody was elected, so we have lost ours";
}

TEST(BootstrapViewTest, AllHaveBegunWhenEachHasShownItsLog) {
  BootstrapView view(MemberOf(1), 3);
  view.Add(From(2, {1, 2, 3}));
  view.Add(From(3, {1, 2, 3}));
  const raft::Configuration founding = view.Agreed({});
  view.Add(From(2, {1, 2, 3}, founding.cluster));
  EXPECT_FALSE(view.AllHaveBegun(founding));
  Introduction not_yet = From(3, {1, 2, 3}, founding.cluster);
  not_yet.log_end = Index(0);
  view.Add(not_yet);
  EXPECT_FALSE(view.AllHaveBegun(founding)) << "it has stored the cluster, and not the log";
  view.Add(From(3, {1, 2, 3}, founding.cluster));
  EXPECT_TRUE(view.AllHaveBegun(founding));
  EXPECT_TRUE(BootstrapView(MemberOf(1), 1).AllHaveBegun({{MemberOf(1)}}));
}

// However introductions are ordered and repeated: two servers which agree on different
// configurations end in different clusters.
RC_GTEST_PROP(BootstrapViewProperty, DifferentConfigurationsNeverShareAClusterId,
              (const std::vector<uint8_t>& order)) {
  std::vector<BootstrapView> views;
  for (uint64_t id = 1; id <= 4; ++id) views.emplace_back(MemberOf(id), 3);
  for (const uint8_t step : order) {
    const uint64_t from = step % 4 + 1;
    const uint64_t to = step / 4 % 4 + 1;
    Introduction introduction = From(from, {});
    introduction.view = views[from - 1].members();
    views[to - 1].Add(introduction);
  }
  for (const BootstrapView& a : views) {
    for (const BootstrapView& b : views) {
      const auto agreed_a = a.Agreed({});
      const auto agreed_b = b.Agreed({});
      if (agreed_a.empty() || agreed_b.empty() || agreed_a == agreed_b) continue;
      RC_ASSERT(ClusterIdOf(agreed_a) != ClusterIdOf(agreed_b));
    }
  }
}

}  // namespace
}  // namespace konsul::server
