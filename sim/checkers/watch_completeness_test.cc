#include "sim/checkers/watch_completeness.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

class WatchCompletenessTest : public ::testing::Test {
 protected:
  std::string Found() const { return findings_.empty() ? "" : findings_.list()[0].text; }

  Findings findings_;
  WatchCompleteness oracle_{findings_};
  const size_t key_ = oracle_.Add("a/1", false);
  const size_t tree_ = oracle_.Add("a/", true);
};

TEST_F(WatchCompletenessTest, WhoHasSeenTheLatestIsNotBehind) {
  oracle_.OnAnswer(key_, "n1", 5, {{"a/1", "x"}});
  oracle_.OnAnswer(tree_, "n2", 7, {{"a/1", "x"}, {"a/2", "y"}});
  EXPECT_EQ(oracle_.WhoIsBehind({{"a/1", "x"}, {"a/2", "y"}, {"b", "z"}}), "");
  EXPECT_THAT(oracle_.WhoIsBehind({{"a/1", "x"}, {"a/2", "z"}}),
              HasSubstr("watcher 1 of prefix a/ knows a/2 = y and not z"));
  EXPECT_THAT(oracle_.WhoIsBehind({{"a/2", "y"}}), HasSubstr("watcher 0 of a/1 knows a/1 = x"));
  EXPECT_THAT(oracle_.WhoIsBehind({{"a/1", "x"}}), HasSubstr("a/2 = y and not (missing)"));
  EXPECT_EQ(Found(), "");
}

TEST_F(WatchCompletenessTest, AnIndexDoesNotGoBack) {
  oracle_.OnAnswer(key_, "n1", 5, {{"a/1", "x"}});
  oracle_.OnAnswer(tree_, "n1", 4, {{"a/1", "w"}});
  oracle_.OnAnswer(key_, "n2", 5, {{"a/1", "x"}});
  EXPECT_EQ(Found(), "");
  oracle_.OnAnswer(key_, "n2", 4, {{"a/1", "x"}});
  EXPECT_THAT(Found(), HasSubstr("index 4 by n2 after 5 by n2"));
}

TEST_F(WatchCompletenessTest, AnIndexStandsForOneAnswer) {
  oracle_.OnAnswer(key_, "n1", 5, {{"a/1", "x"}});
  oracle_.OnAnswer(key_, "n2", 5, {});
  EXPECT_THAT(Found(), HasSubstr("as of index 5 a/1 = (missing) and not x"));
}

TEST_F(WatchCompletenessTest, AnIndexIsNeverZero) {
  oracle_.OnAnswer(key_, "n1", 0, {});
  EXPECT_THAT(Found(), HasSubstr("index 0"));
}

}  // namespace
}  // namespace konsul::checkers
