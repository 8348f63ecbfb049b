// docs/formats/configuration.md
#include "core/raft/configuration.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "core/raft/cluster_support.h"
#include "core/raft/configuration_history.h"

namespace konsul::raft {
namespace {

using testing::MakeConfiguration;

TEST(ConfigurationTest, BytesAreAsDocumented) {
  Configuration configuration{{{NodeId(0x0102), "a", "b:1"}}};
  EXPECT_EQ(configuration.Encode(), std::string("\x01"
                                                "\x01\0\0\0"
                                                "\x02\x01\0\0\0\0\0\0"
                                                "\x01\0\0\0a"
                                                "\x03\0\0\0b:1",
                                                25));
}

RC_GTEST_PROP(ConfigurationTest, SurvivesItsBytes, ()) {
  Configuration configuration;
  uint64_t id = 0;
  for (const auto& [name, address] :
       *rc::gen::nonEmpty<std::vector<std::pair<std::string, std::string>>>()) {
    configuration.voters.push_back({NodeId(id += 1 + name.size()), name, address});
  }
  const std::string bytes = configuration.Encode();
  RC_ASSERT(Configuration::Decode(bytes).value() == configuration);
  // No part of it passes for all of it, and nothing may follow.
  const size_t cut = *rc::gen::inRange<size_t>(0, bytes.size());
  RC_ASSERT(absl::IsDataLoss(Configuration::Decode(bytes.substr(0, cut)).status()));
  RC_ASSERT(absl::IsDataLoss(Configuration::Decode(bytes + "x").status()));
}

RC_GTEST_PROP(ConfigurationTest, ForeignBytesAreRefusedOrRead, (const std::string& bytes)) {
  auto decoded = Configuration::Decode("\x01" + bytes);
  if (decoded.ok()) RC_ASSERT(decoded->Encode() == "\x01" + bytes);
}

TEST(ConfigurationTest, RefusesWhatIsNoSetOfVoters) {
  EXPECT_FALSE(Configuration{}.Validate().ok());
  EXPECT_FALSE((Configuration{{{NodeId(0), "", ""}}}).Validate().ok());
  EXPECT_FALSE((Configuration{{{NodeId(2), "", ""}, {NodeId(1), "", ""}}}).Validate().ok());
  EXPECT_FALSE((Configuration{{{NodeId(2), "", ""}, {NodeId(2), "", ""}}}).Validate().ok());
}

TEST(ConfigurationTest, FindsItsMembers) {
  const Configuration configuration = MakeConfiguration(3);
  EXPECT_EQ(configuration.Find(NodeId(2))->name, "n2");
  EXPECT_FALSE(configuration.IsVoter(NodeId(4)));
}

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

}  // namespace
}  // namespace konsul::raft
