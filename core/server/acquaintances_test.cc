#include "core/server/acquaintances.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

env::Endpoint At(absl::string_view text) { return env::Endpoint::Parse(text).value(); }
Instant After(int64_t ms) { return Instant{ms * 1'000'000}; }

raft::Configuration Of(std::vector<uint64_t> members, std::vector<uint64_t> retired = {}) {
  raft::Configuration configuration;
  for (const uint64_t id : members) configuration.voters.push_back({NodeId(id), "", ""});
  for (const uint64_t id : retired) configuration.retired.push_back(NodeId(id));
  return configuration;
}

class AcquaintancesTest : public ::testing::Test {
 protected:
  AcquaintancesTest() {
    acquaintances_.Listed(NodeId(2), At("10.0.0.2:8300"), After(0));
    acquaintances_.Follow(Of({1, 2}), After(0));
  }
  Acquaintances acquaintances_;
};

TEST_F(AcquaintancesTest, AMemberMayBeSilentForEver) {
  EXPECT_FALSE(acquaintances_.AnyGuests());
  EXPECT_THAT(acquaintances_.Part(After(1'000'000)), IsEmpty());
}

TEST_F(AcquaintancesTest, ARemovedOneHearsOfItAndIsDialledNoMoreWhateverItSays) {
  acquaintances_.Follow(Of({1}, {2}), After(5000));
  EXPECT_TRUE(acquaintances_.AnyGuests());
  EXPECT_THAT(acquaintances_.Part(After(5999)), IsEmpty());
  EXPECT_EQ(acquaintances_.Heard(NodeId(2), After(5999)), std::nullopt);
  EXPECT_THAT(acquaintances_.Part(After(6000)), ElementsAre(NodeId(2)));
  EXPECT_EQ(acquaintances_.Heard(NodeId(2), After(6001)), std::nullopt);
  EXPECT_FALSE(acquaintances_.AnyGuests());
}

TEST_F(AcquaintancesTest, AStrangerIsDialledWhenItSpeaksAndAsLongAsItDoes) {
  acquaintances_.Met(NodeId(3), At("10.0.0.3:8300"), false, After(0));
  EXPECT_FALSE(acquaintances_.AnyGuests());
  EXPECT_EQ(acquaintances_.Heard(NodeId(3), After(100)), At("10.0.0.3:8300"));
  EXPECT_EQ(acquaintances_.Heard(NodeId(3), After(900)), std::nullopt) << "that is done";
  EXPECT_TRUE(acquaintances_.AnyGuests());
  EXPECT_THAT(acquaintances_.Part(After(1899)), IsEmpty());
  EXPECT_THAT(acquaintances_.Part(After(1900)), ElementsAre(NodeId(3)));
  EXPECT_EQ(acquaintances_.Heard(NodeId(3), After(9000)), At("10.0.0.3:8300")) << "again";
}

TEST_F(AcquaintancesTest, AMemberByAnEntryThatWasOverwrittenIsAGuest) {
  acquaintances_.Listed(NodeId(3), At("10.0.0.3:8300"), After(0));
  acquaintances_.Follow(Of({1, 2, 3}), After(0));
  acquaintances_.Follow(Of({1, 2}), After(3000));
  EXPECT_THAT(acquaintances_.Part(After(3500)), IsEmpty());
  EXPECT_THAT(acquaintances_.Part(After(4000)), ElementsAre(NodeId(3)));
}

TEST_F(AcquaintancesTest, AnAddressHasOneStranger) {
  acquaintances_.Met(NodeId(3), At("10.0.0.3:8300"), false, After(0));
  acquaintances_.Met(NodeId(4), At("10.0.0.3:8300"), false, After(1));
  EXPECT_EQ(acquaintances_.Heard(NodeId(3), After(2)), std::nullopt);
  EXPECT_EQ(acquaintances_.Heard(NodeId(4), After(2)), At("10.0.0.3:8300"));
}

// A follower that is behind reads configurations in which the address is still that of a server
// that was replaced since, after its successor has called (turning, seed 8000076).
TEST_F(AcquaintancesTest, AnOldListDoesNotMakeForgetWhoCalledFromTheAddress) {
  acquaintances_.Met(NodeId(3), At("10.0.0.2:8300"), false, After(1));
  acquaintances_.Listed(NodeId(2), At("10.0.0.2:8300"), After(2));
  acquaintances_.Follow(Of({1, 2}), After(2));
  EXPECT_EQ(acquaintances_.Heard(NodeId(3), After(3)), At("10.0.0.2:8300"));
}

}  // namespace
}  // namespace konsul::server
