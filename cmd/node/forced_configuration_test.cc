#include "cmd/node/forced_configuration.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::node {
namespace {

using raft::Entry;
using raft::EntryKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

raft::Member MemberNumber(uint64_t n) {
  return {NodeId(n), absl::StrCat("n", n), absl::StrCat("10.0.0.", n, ":8300")};
}

raft::Configuration Of(const std::vector<uint64_t>& voters) {
  raft::Configuration configuration;
  for (const uint64_t n : voters) configuration.voters.push_back(MemberNumber(n));
  return configuration;
}

Entry ConfigurationEntry(uint64_t index, const raft::Configuration& configuration) {
  return {Index(index), Term(2), EntryKind::kConfiguration,
          raft::MakePayload(configuration.Encode())};
}

Entry Command(uint64_t index) { return {Index(index), Term(5), EntryKind::kCommand}; }

TEST(ForcedConfigurationTest, GoesBehindEverythingAndLeavesOneVoter) {
  raft::Recovered recovered;
  recovered.hard_state = {Term(7), NodeId(2)};
  recovered.entries = {ConfigurationEntry(1, Of({1, 2})), ConfigurationEntry(2, Of({1, 2, 3})),
                       Command(3), Command(4)};
  const auto forced = ForceConfiguration(recovered, NodeId(2), {});
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->before, Of({1, 2, 3}));
  EXPECT_EQ(forced->before_index, Index(2));
  EXPECT_EQ(forced->hard_state, (raft::HardState{Term(8), NodeId()}));
  EXPECT_EQ(forced->entry.index, Index(5));
  EXPECT_EQ(forced->entry.term, Term(8));
  EXPECT_EQ(forced->entry.kind, EntryKind::kConfiguration);
  const auto after = raft::Configuration::Decode(*forced->entry.payload);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->voters, Of({2}).voters);
  EXPECT_FALSE(after->joint());
  // They must not come back under their ids.
  EXPECT_THAT(after->retired, ElementsAre(NodeId(1), NodeId(3)));
}

TEST(ForcedConfigurationTest, ASnapshotsConfigurationCountsWhenTheLogHasNone) {
  raft::Recovered recovered;
  recovered.snapshot.last = {Index(100), Term(9)};
  recovered.snapshot.configuration = Of({1, 2, 3});
  recovered.snapshot.configuration.retired = {NodeId(77)};
  recovered.snapshot.configuration_index = Index(40);
  auto forced = ForceConfiguration(recovered, NodeId(1), {});
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->before_index, Index(40));
  EXPECT_EQ(forced->entry.index, Index(101));
  EXPECT_EQ(forced->entry.term, Term(10)) << "an entry's term never falls";
  EXPECT_THAT(forced->after.retired, ElementsAre(NodeId(2), NodeId(3), NodeId(77)));
  // One that is compacted in the snapshot is not the last one.
  recovered.entries = {Command(100), ConfigurationEntry(101, Of({1, 2}))};
  forced = ForceConfiguration(recovered, NodeId(1), {});
  EXPECT_EQ(forced->before, Of({1, 2}));
}

TEST(ForcedConfigurationTest, AJointConfigurationEndsInNeitherOfItsHalves) {
  raft::Recovered recovered;
  raft::Configuration joint = Of({1, 2, 3});
  joint.outgoing = Of({3, 4, 5}).voters;
  joint.learners = {MemberNumber(6)};
  recovered.entries = {ConfigurationEntry(1, joint)};
  const auto forced = ForceConfiguration(recovered, NodeId(4), {});
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->after.voters, Of({4}).voters);
  EXPECT_TRUE(forced->after.outgoing.empty());
  EXPECT_TRUE(forced->after.learners.empty());
  EXPECT_EQ(forced->after.retired.size(), 5u);
}

TEST(ForcedConfigurationTest, SeveralVotersMayBeNamed) {
  raft::Recovered recovered;
  recovered.entries = {ConfigurationEntry(1, Of({1, 2, 3, 4, 5}))};
  auto forced = ForceConfiguration(
      recovered, NodeId(2), {{NodeId(9), "10.0.0.9:8300"}, {NodeId(2), ""}, {NodeId(1), ""}});
  ASSERT_TRUE(forced.ok()) << forced.status();
  EXPECT_EQ(forced->after.voters.size(), 3u);
  EXPECT_EQ(forced->after.Find(NodeId(1))->address, "10.0.0.1:8300");
  EXPECT_EQ(forced->after.Find(NodeId(9))->address, "10.0.0.9:8300");

  forced = ForceConfiguration(recovered, NodeId(2), {{NodeId(1), ""}});
  EXPECT_TRUE(absl::IsInvalidArgument(forced.status()));
  EXPECT_THAT(std::string(forced.status().message()), HasSubstr("must be one of the voters"));
  forced = ForceConfiguration(recovered, NodeId(2), {{NodeId(2), ""}, {NodeId(9), ""}});
  EXPECT_TRUE(absl::IsInvalidArgument(forced.status()));
  EXPECT_THAT(std::string(forced.status().message()), HasSubstr("give its address"));
  forced = ForceConfiguration(recovered, NodeId(2), {{NodeId(2), ""}, {NodeId(2), ""}});
  EXPECT_TRUE(absl::IsInvalidArgument(forced.status()));
}

TEST(ForcedConfigurationTest, WithoutAClusterThereIsNothingToRecover) {
  raft::Recovered recovered;
  EXPECT_TRUE(absl::IsFailedPrecondition(ForceConfiguration(recovered, NodeId(2), {}).status()));
}

TEST(ForcedConfigurationTest, VotersAreWrittenAsIdAndAddress) {
  const auto id_only = ParseForcedVoter("00000000000000ff");
  ASSERT_TRUE(id_only.ok()) << id_only.status();
  EXPECT_EQ(id_only->id, NodeId(255));
  EXPECT_EQ(id_only->address, "");
  const auto both = ParseForcedVoter("00000000000000ff@10.0.0.1:8300");
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->address, "10.0.0.1:8300");
  for (const char* bad : {"", "ff", "n1@10.0.0.1:8300", "00000000000000fg", "0000000000000000",
                          "00000000000000ff@", "00000000000000ff@nowhere"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseForcedVoter(bad).status())) << bad;
  }
}

}  // namespace
}  // namespace konsul::node
