#include "tests/bench/history.h"

#include <unistd.h>

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace konsul::bench {
namespace {

History Parsed(absl::string_view text) {
  absl::StatusOr<History> history = History::Parse(text);
  EXPECT_TRUE(history.ok()) << history.status();
  return history.ok() ? *std::move(history) : History();
}

TEST(History, AllowsOnlyTheLastAcknowledgedValue) {
  const History history = Parsed("ack 1:1 k\nack 1:2 k\n");
  const History::Key& key = history.keys().at("k");
  EXPECT_TRUE(History::Allows(key, "1:2"));
  EXPECT_FALSE(History::Allows(key, "1:1")) << "an acknowledged write is undone";
  EXPECT_FALSE(History::Allows(key, "")) << "it is lost";
  EXPECT_EQ(history.acknowledged(), 2u);
}

TEST(History, AllowsWhatNobodyKnowsOf) {
  const History history = Parsed("ack 1:1 k\nunknown 1:2 k\nunknown 2:1 other\n");
  EXPECT_TRUE(History::Allows(history.keys().at("k"), "1:1"));
  EXPECT_TRUE(History::Allows(history.keys().at("k"), "1:2"));
  EXPECT_FALSE(History::Allows(history.keys().at("k"), "2:1"));
  EXPECT_TRUE(History::Allows(history.keys().at("other"), "")) << "it may never have been done";
  EXPECT_TRUE(History::Allows(history.keys().at("other"), "2:1"));
}

TEST(History, ForeignLinesAreRefused) {
  for (const char* text : {"ack 1:1", "lost 1:1 k", "ack 1:1 k k"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(History::Parse(text).status())) << text;
  }
  EXPECT_TRUE(absl::IsNotFound(History::Read("/nowhere/history").status()));
}

TEST(History, IsReadAsItWasWritten) {
  const std::string path = absl::StrCat(testing::TempDir(), "history-", getpid());
  auto writer = HistoryWriter::Create(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Acknowledged("a", "1:1");
  (*writer)->Unknown("b", "1:2");
  ASSERT_TRUE((*writer)->Close().ok());
  const auto history = History::Read(path);
  std::remove(path.c_str());
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->keys().at("a").acknowledged, "1:1");
  EXPECT_EQ(history->keys().at("b").unknown.count("1:2"), 1u);
  EXPECT_FALSE(HistoryWriter::Create("/nowhere/history").ok());
}

}  // namespace
}  // namespace konsul::bench
