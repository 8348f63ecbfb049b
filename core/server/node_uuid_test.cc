#include "core/server/node_uuid.h"

#include "gtest/gtest.h"

namespace konsul::server {
namespace {

TEST(NodeUuid, BeginsWithTheDigitsOfTheId) {
  EXPECT_EQ(NodeUuid(NodeId(0xef6f57e2e7e51509)), "ef6f57e2-e7e5-1509-8000-6b6f6e73756c");
  EXPECT_EQ(NodeUuid(NodeId(1)), "00000000-0000-0001-8000-6b6f6e73756c");
}

TEST(NodeUuid, IsReadWithAndWithoutItsForm) {
  const NodeId id(0xef6f57e2e7e51509);
  EXPECT_EQ(ParseNodeId("ef6f57e2-e7e5-1509-8000-6b6f6e73756c"), id);
  EXPECT_EQ(ParseNodeId("EF6F57E2-E7E5-1509-8000-6b6f6e73756c"), id);
  EXPECT_EQ(ParseNodeId("ef6f57e2e7e51509"), id);
  for (const char* text :
       {"", "-8000-6b6f6e73756c", "ef6f57e2e7e5150", "ef6f57e2e7e5150x", "0xef6f57e2e7e515",
        "ef6f57e2-e7e5-1509-8000-000000000000", "ef6f57e2-e7e51-509-8000-6b6f6e73756c",
        "ef6f57e2e7e51509-8000-6b6f6e73756c", "ef6f57e2-e7e5-150--8000-6b6f6e73756c",
        "00000000-0000-0000-ef6f-57e2e7e51509"}) {
    EXPECT_EQ(ParseNodeId(text), std::nullopt) << text;
  }
}

TEST(NodeUuid, TellsServersFromWhatOthersRegistered) {
  EXPECT_TRUE(IsNodeUuid("ef6f57e2-e7e5-1509-8000-6b6f6e73756c"));
  EXPECT_FALSE(IsNodeUuid("00000000-0000-0000-ef6f-57e2e7e51509"));
  EXPECT_FALSE(IsNodeUuid("ef6f57e2e7e51509"));
  EXPECT_FALSE(IsNodeUuid("ef6f57e2-e7e5-4509-8123-6b6f6e73756c"));
  EXPECT_FALSE(IsNodeUuid(""));
}

}  // namespace
}  // namespace konsul::server
