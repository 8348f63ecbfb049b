#include "sim/checkers/restore_safety.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

class RestoreSafetyTest : public ::testing::Test {
 protected:
  void Read(const std::string& a, const std::string& b, uint64_t modified, uint64_t index) {
    std::vector<RestoreSafety::Item> items;
    if (!a.empty()) items.push_back({"a", a, modified});
    if (!b.empty()) items.push_back({"b", b, modified});
    oracle_.OnRead(2, "n1", items, index);
  }
  std::string Found() const { return findings_.empty() ? "" : findings_.list().front().text; }

  Findings findings_;
  RestoreSafety oracle_{findings_};
};

TEST_F(RestoreSafetyTest, AcceptsWhatWasDone) {
  Read("", "", 0, 1);
  oracle_.OnDone({1});
  Read("1", "1", 5, 5);
  const auto saved = oracle_.Saved();
  oracle_.OnDone({2});
  Read("2", "2", 6, 6);
  oracle_.OnDone(saved);
  Read("1", "1", 9, 9);
  EXPECT_EQ(Found(), "");
}

TEST_F(RestoreSafetyTest, AcceptsWhatHappensLate) {
  oracle_.OnUnknown({1});
  Read("", "", 0, 1);
  Read("1", "1", 5, 5);
  EXPECT_EQ(Found(), "");
  oracle_.OnDone({2});
  Read("2", "2", 6, 6);
  Read("1", "1", 7, 7);
  EXPECT_THAT(Found(), HasSubstr("acknowledged made 2"));
}

TEST_F(RestoreSafetyTest, FindsAHalf) {
  oracle_.OnDone({1});
  Read("1", "", 5, 5);
  EXPECT_THAT(Found(), HasSubstr("all keys have one value"));
}

TEST_F(RestoreSafetyTest, FindsARestoreThatWasForgotten) {
  oracle_.OnDone({2});
  Read("2", "2", 6, 6);
  oracle_.OnDone({1});
  Read("2", "2", 6, 6);
  EXPECT_THAT(Found(), HasSubstr("acknowledged made 1"));
}

TEST_F(RestoreSafetyTest, FindsAnIndexThatGoesBack) {
  oracle_.OnDone({2});
  Read("2", "2", 6, 8);
  Read("2", "2", 6, 7);
  EXPECT_THAT(Found(), HasSubstr("before, the index was 8"));
}

TEST_F(RestoreSafetyTest, FindsAnotherValueAtTheSameIndex) {
  oracle_.OnDone({2});
  Read("2", "2", 6, 6);
  oracle_.OnDone({1});
  Read("1", "1", 6, 6);
  EXPECT_THAT(Found(), HasSubstr("at the same index"));
}

TEST_F(RestoreSafetyTest, FindsAChangeWithAnOldModifyIndex) {
  oracle_.OnDone({2});
  Read("2", "2", 6, 6);
  oracle_.OnDone({1});
  Read("1", "1", 5, 9);
  EXPECT_THAT(Found(), HasSubstr("a ModifyIndex of 6 was there before"));
}

}  // namespace
}  // namespace konsul::checkers
