#include "sim/checkers/stream_completeness.h"

#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

class StreamCompletenessTest : public ::testing::Test {
 protected:
  StreamCompletenessTest() {
    checker_.SetKept(3);
    checker_.OnServerBegins("n1", 1);
    checker_.OnCommitted(1, {});
    checker_.OnCommitted(2, {{"a/1", "x"}, {"b", "y"}});
    checker_.OnCommitted(3, {{"b", "z"}});
    checker_.OnCommitted(4, {{"a/1", std::nullopt}, {"a/2", "w"}});
    checker_.OnCommitted(5, {});
  }
  // What was found since this was last asked; of a streamer of a/ who is at 2.
  bool Fails(const std::function<void(size_t)>& told, bool coalesce = false) {
    const size_t one = checker_.Add({"a/"}, coalesce);
    checker_.OnState(one, "n1", 2, {{"a/1", "x"}});
    EXPECT_TRUE(findings_.empty());
    told(one);
    const bool fails = !findings_.empty();
    findings_ = Findings();
    return fails;
  }
  using Changes = StreamCompleteness::Changes;

  Findings findings_;
  StreamCompleteness checker_{findings_};
  const Changes four_ = {{"a/1", std::nullopt}, {"a/2", "w"}};
};

TEST_F(StreamCompletenessTest, TheTruthPasses) {
  EXPECT_FALSE(Fails([&](size_t one) {
    EXPECT_NE(checker_.WhoIsBehind(), "");
    checker_.OnProgress(one, "n1", 3);
    checker_.OnChanges(one, "n1", 4, four_);
    checker_.OnProgress(one, "n2", 5);
    EXPECT_EQ(checker_.WhoIsBehind(), "");
    checker_.OnCommitted(6, {{"a/2", "v"}});
    checker_.OnCommitted(7, {{"a/3", "v"}});
    checker_.OnCommitted(8, {{"a/2", "u"}});
  }));
  EXPECT_FALSE(Fails(
      [&](size_t one) {
        checker_.OnChanges(one, "n1", 7, {{"a/1", std::nullopt}, {"a/2", "v"}, {"a/3", "v"}});
      },
      true));
  EXPECT_FALSE(Fails([&](size_t one) { checker_.OnTooLate(one, "n1", 4); }))
      << "more than three changes since";
}

TEST_F(StreamCompletenessTest, LiesAreFound) {
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnChanges(one, "n1", 2, {{"a/1", "x"}}); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnChanges(one, "n1", 3, {{"b", "z"}}); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnChanges(one, "n1", 4, {{"a/2", "w"}}); }));
  EXPECT_TRUE(
      Fails([&](size_t one) { checker_.OnChanges(one, "n1", 4, {{"a/1", "x"}, {"a/2", "w"}}); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnProgress(one, "n1", 4); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnProgress(one, "n1", 2); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnProgress(one, "n1", 6); })) << "not committed";
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnState(one, "n1", 4, {{"a/2", "w"}}); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnTooLate(one, "n1", 2); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnTooLate(one, "n1", 3); })) << "it has all since 1";
  EXPECT_FALSE(Fails([&](size_t one) {
    checker_.OnServerBegins("n1", 3);
    checker_.OnTooLate(one, "n1", 3);
  }));
}

TEST_F(StreamCompletenessTest, ARestoreEndsTheHistoryEverywhere) {
  EXPECT_FALSE(Fails([&](size_t one) {
    checker_.OnRestored(4);
    checker_.OnTooLate(one, "n1", 4);
  }));
}

TEST_F(StreamCompletenessTest, ChangesAreNotLeftOut) {
  checker_.OnCommitted(6, {{"a/2", "v"}});
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnChanges(one, "n1", 6, {{"a/2", "v"}}); }));
  EXPECT_TRUE(Fails([&](size_t one) { checker_.OnChanges(one, "n1", 6, {{"a/2", "v"}}); }, true));
}

TEST_F(StreamCompletenessTest, TheStateIsThatOfItsIndexAndDoesNotGoBack) {
  const size_t one = checker_.Add({"a/"}, false);
  checker_.OnState(one, "n1", 4, {{"a/1", "x"}, {"a/2", "w"}});
  EXPECT_FALSE(findings_.empty());
  findings_ = Findings();
  checker_.OnServerBegins("n2", 5);
  checker_.OnTooLate(one, "n2", 5);
  checker_.OnState(one, "n1", 3, {{"a/1", "x"}});
  EXPECT_FALSE(findings_.empty()) << "4 was known";
}

}  // namespace
}  // namespace konsul::checkers
