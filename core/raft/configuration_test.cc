// docs/formats/configuration.md, the way from one configuration to the next, and which one holds.
#include "core/raft/configuration.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/raft/cluster_support.h"
#include "core/raft/configuration_history.h"

namespace konsul::raft {
namespace {

using testing::MakeConfiguration;
using testing::MakeMember;
using Ids = std::set<uint64_t>;

// ---- Bytes --------------------------------------------------------------------------------------

TEST(ConfigurationTest, BytesAreAsDocumented) {
  const Configuration configuration{.voters = {{NodeId(0x0102), "a", "b:1"}},
                                    .outgoing = {{NodeId(3), "", ""}},
                                    .learners = {},
                                    .retired = {NodeId(7)},
                                    .cluster = ClusterId(0x0304)};
  EXPECT_EQ(configuration.Encode(), std::string("\x02"
                                                "\x01\0\0\0"
                                                "\x02\x01\0\0\0\0\0\0"
                                                "\x01\0\0\0a"
                                                "\x03\0\0\0b:1"
                                                "\x01\0\0\0"
                                                "\x03\0\0\0\0\0\0\0"
                                                "\0\0\0\0"
                                                "\0\0\0\0"
                                                "\0\0\0\0"
                                                "\x01\0\0\0"
                                                "\x07\0\0\0\0\0\0\0"
                                                "\x04\x03\0\0\0\0\0\0",
                                                69));
}

Ids IdsOf(const std::vector<Member>& members) {
  Ids ids;
  for (const Member& member : members) ids.insert(member.id.value);
  return ids;
}

Ids AnyIds(uint64_t most) {
  const uint64_t bits = *rc::gen::inRange<uint64_t>(0, uint64_t{1} << most);
  Ids ids;
  for (uint64_t id = 1; id <= most; ++id) {
    if ((bits >> (id - 1) & 1) != 0) ids.insert(id);
  }
  return ids;
}

Ids Without(const Ids& ids, const Ids& taken) {
  Ids left;
  std::set_difference(ids.begin(), ids.end(), taken.begin(), taken.end(),
                      std::inserter(left, left.begin()));
  return left;
}

std::vector<Member> MembersOf(const Ids& ids) {
  std::vector<Member> members;
  for (uint64_t id : ids) members.push_back(MakeMember(id));
  return members;
}

// Valid, and not joint.
Configuration AnyConfiguration(uint64_t most) {
  Ids voters = AnyIds(most);
  if (voters.empty()) voters.insert(1);
  return {.voters = MembersOf(voters), .learners = MembersOf(Without(AnyIds(most), voters))};
}

RC_GTEST_PROP(ConfigurationTest, SurvivesItsBytes, ()) {
  Configuration configuration = AnyConfiguration(12).JointWith(AnyConfiguration(12));
  configuration.cluster = ClusterId(*rc::gen::arbitrary<uint64_t>());
  for (std::vector<Member>* list : {&configuration.voters, &configuration.learners}) {
    for (Member& member : *list) {
      member.name = *rc::gen::arbitrary<std::string>();
      member.address = *rc::gen::arbitrary<std::string>();
    }
  }
  const std::string bytes = configuration.Encode();
  RC_ASSERT(Configuration::Decode(bytes).value() == configuration);
  // No part of it passes for all of it, and nothing may follow.
  const size_t cut = *rc::gen::inRange<size_t>(0, bytes.size());
  RC_ASSERT(absl::IsDataLoss(Configuration::Decode(bytes.substr(0, cut)).status()));
  RC_ASSERT(absl::IsDataLoss(Configuration::Decode(bytes + "x").status()));
}

RC_GTEST_PROP(ConfigurationTest, ForeignBytesAreRefusedOrRead, (const std::string& bytes)) {
  // Beginning with as much of a good one as chance wants, to get behind the first fields.
  const std::string good = AnyConfiguration(5).Encode();
  const size_t kept = *rc::gen::inRange<size_t>(1, good.size() + 1);
  const std::string mixed = good.substr(0, kept) + bytes;
  auto decoded = Configuration::Decode(mixed);
  if (decoded.ok()) RC_ASSERT(decoded->Encode() == mixed);
}

TEST(ConfigurationTest, OtherVersionsAreRefused) {
  std::string bytes = MakeConfiguration(3).Encode();
  bytes[0] = 1;
  EXPECT_TRUE(absl::IsDataLoss(Configuration::Decode(bytes).status()));
  bytes[0] = 3;
  EXPECT_TRUE(absl::IsDataLoss(Configuration::Decode(bytes).status()));
}

// ---- Validity -----------------------------------------------------------------------------------

TEST(ConfigurationTest, RefusesWhatIsNoSetOfVoters) {
  const Member nobody{NodeId(0), "", ""};
  const Member one = MakeMember(1);
  const Member two = MakeMember(2);
  EXPECT_FALSE(Configuration{}.Validate().ok());
  EXPECT_FALSE((Configuration{.learners = {one}}).Validate().ok());
  EXPECT_FALSE((Configuration{.voters = {nobody}}).Validate().ok());
  EXPECT_FALSE((Configuration{.voters = {two, one}}).Validate().ok());
  EXPECT_FALSE((Configuration{.voters = {two, two}}).Validate().ok());
  EXPECT_FALSE((Configuration{.voters = {one, two}, .learners = {two}}).Validate().ok());
  EXPECT_FALSE((Configuration{.voters = {one}, .outgoing = {two, one}}).Validate().ok());
  EXPECT_TRUE((Configuration{.voters = {one}, .learners = {two}}).Validate().ok());
  // Being demoted: a voter of the old one, a learner of the new one.
  EXPECT_TRUE(
      (Configuration{.voters = {one}, .outgoing = {one, two}, .learners = {two}}).Validate().ok());
}

TEST(ConfigurationTest, NobodyComesBackUnderARetiredId) {
  const Member one = MakeMember(1);
  const Member two = MakeMember(2);
  const std::vector<NodeId> retired = {NodeId(2)};
  EXPECT_FALSE((Configuration{.voters = {one, two}, .retired = retired}).Validate().ok());
  EXPECT_FALSE(
      (Configuration{.voters = {one}, .learners = {two}, .retired = retired}).Validate().ok());
  // On its way out it is both.
  EXPECT_TRUE(
      (Configuration{.voters = {one}, .outgoing = {one, two}, .retired = retired}).Validate().ok());
  EXPECT_FALSE((Configuration{.voters = {one}, .retired = {NodeId(3), NodeId(2)}}).Validate().ok());
}

TEST(ConfigurationTest, FindsItsMembers) {
  Configuration configuration = MakeConfiguration({1, 2, 3}, {5});
  EXPECT_EQ(configuration.Find(NodeId(2))->name, "n2");
  EXPECT_EQ(configuration.Find(NodeId(5))->name, "n5");
  EXPECT_FALSE(configuration.IsVoter(NodeId(4)));
  EXPECT_FALSE(configuration.IsVoter(NodeId(5)));
  EXPECT_TRUE(configuration.IsLearner(NodeId(5)));
  EXPECT_TRUE(configuration.IsMember(NodeId(5)));
  configuration.outgoing = {MakeMember(4)};
  EXPECT_TRUE(configuration.IsVoter(NodeId(4)));
}

// ---- From one to the next (thesis 4.3), against sets --------------------------------------------

RC_GTEST_PROP(ConfigurationTest, JointAndLeftAreWhatSetsSay, ()) {
  Configuration before = AnyConfiguration(7);
  before.cluster = ClusterId(7);
  const Ids members_before = IdsOf(before.Members());
  // Some are gone already.
  for (uint64_t id : Without(AnyIds(9), members_before)) before.retired.push_back(NodeId(id));
  Configuration target = AnyConfiguration(7);
  const Ids targets = IdsOf(target.Members());
  const Configuration joint = before.JointWith(target);

  RC_ASSERT(joint.voters == target.voters);
  RC_ASSERT(joint.learners == target.learners);
  RC_ASSERT(joint.cluster == ClusterId(7));  // it never changes
  // The old voters decide along exactly when it makes a difference.
  const bool same = IdsOf(before.voters) == IdsOf(target.voters);
  RC_ASSERT(joint.outgoing == (same ? std::vector<Member>() : before.voters));
  // Everybody who was there and will not be is retired; nobody is forgotten.
  Ids retired = Without(members_before, targets);
  for (NodeId id : before.retired) retired.insert(id.value);
  RC_ASSERT(std::equal(joint.retired.begin(), joint.retired.end(), retired.begin(), retired.end(),
                       [](NodeId a, uint64_t b) { return a.value == b; }));
  // Who gets the log: both of them, each once, ascending.
  Ids all = targets;
  if (!same) all.merge(IdsOf(before.voters));
  const std::vector<Member> members = joint.Members();
  RC_ASSERT(members.size() == all.size());
  RC_ASSERT(IdsOf(members) == all);
  RC_ASSERT(std::is_sorted(members.begin(), members.end(),
                           [](const Member& a, const Member& b) { return a.id < b.id; }));
  for (uint64_t id = 1; id <= 9; ++id) {
    RC_ASSERT(joint.IsVoter(NodeId(id)) ==
              (IdsOf(joint.voters).count(id) > 0 || IdsOf(joint.outgoing).count(id) > 0));
    RC_ASSERT(joint.IsMember(NodeId(id)) == (all.count(id) > 0));
    RC_ASSERT(joint.IsRetired(NodeId(id)) == (retired.count(id) > 0));
  }
  // It is valid exactly when nobody comes back.
  const bool comes_back = std::any_of(before.retired.begin(), before.retired.end(),
                                      [&](NodeId id) { return targets.count(id.value) > 0; });
  RC_ASSERT(joint.Validate().ok() == !comes_back);

  const Configuration after = joint.Left();
  RC_ASSERT(!after.joint());
  RC_ASSERT(after.voters == target.voters && after.learners == target.learners);
  RC_ASSERT(after.retired == joint.retired);
}

// ---- Which one holds ----------------------------------------------------------------------------

TEST(ConfigurationHistoryTest, ATruncationFallsBackToTheOneBefore) {
  ConfigurationHistory history;
  EXPECT_TRUE(history.current().empty());
  history.Append(Index(1), MakeConfiguration(1));
  history.Append(Index(5), MakeConfiguration(3));
  history.Truncate(Index(6));
  EXPECT_EQ(history.current_index(), Index(5));
  history.Truncate(Index(5));
  EXPECT_EQ(history.current(), MakeConfiguration(1));
  history.Truncate(Index(1));
  EXPECT_TRUE(history.current().empty());
}

// Any mixture of what can happen to a log, against a map from index to configuration.
RC_GTEST_PROP(ConfigurationHistoryTest, AnswersLikeAMap, ()) {
  ConfigurationHistory history;
  std::map<uint64_t, Configuration> model;
  uint64_t last = 0;       // of the log
  uint64_t compacted = 0;  // what is before is not asked about
  const auto in_force = [&](uint64_t index) {
    auto after = model.upper_bound(index);
    return after == model.begin() ? model.end() : std::prev(after);
  };
  for (uint32_t word : *rc::gen::arbitrary<std::vector<uint32_t>>()) {
    const uint64_t draw = word / 8;
    switch (word % 8) {
      case 0:
      case 1:
      case 2: {
        last += 1 + draw % 3;
        const Configuration value = draw % 2 == 0 ? MakeConfiguration(1 + draw % 5)
                                                  : MakeConfiguration({1}, {2 + draw % 5});
        history.Append(Index(last), value);
        model[last] = value;
        break;
      }
      case 3:
        last += draw % 3;
        break;
      case 4: {
        if (last <= compacted) break;
        const uint64_t from = compacted + 1 + draw % (last - compacted);
        history.Truncate(Index(from));
        model.erase(model.lower_bound(from), model.end());
        last = from - 1;
        break;
      }
      case 5: {
        if (last <= compacted) break;
        compacted += draw % (last - compacted + 1);
        history.Compact(Index(compacted));
        break;
      }
      case 6: {
        if (draw % 4 != 0) break;
        last += 1 + draw % 3;
        compacted = last;
        model = {{last - draw % 2, MakeConfiguration(1 + draw % 5)}};
        history.Reset(Index(last - draw % 2), MakeConfiguration(1 + draw % 5));
        break;
      }
      default:
        break;
    }
    RC_ASSERT(history.current_index() == Index(model.empty() ? 0 : model.rbegin()->first));
    RC_ASSERT(history.current() == (model.empty() ? Configuration{} : model.rbegin()->second));
    for (uint64_t index = compacted; index <= last + 1; ++index) {
      const auto held = in_force(index);
      RC_ASSERT(history.IndexInForceAt(Index(index)) ==
                Index(held == model.end() ? 0 : held->first));
      RC_ASSERT(history.InForceAt(Index(index)) ==
                (held == model.end() ? Configuration{} : held->second));
    }
  }
}

}  // namespace
}  // namespace konsul::raft
