// The linearizability checker: known histories, an oracle that tries everything, windows that are
// minimal, and bounded work for hard histories.
#include "sim/checkers/linearizability.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "sim/checkers/history_generator.h"
#include "sim/checkers/history_support.h"
#include "sim/checkers/illegal_window.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

LinearizabilityResult Check(std::vector<Operation> ops) {
  std::sort(ops.begin(), ops.end(),
            [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  LinearizabilityResult result = CheckKey(Pointers(ops));
  result.window.clear();  // it points into `ops`
  return result;
}
bool Linearizes(std::vector<Operation> ops) {
  return Check(std::move(ops)).answer == Linearizable::kYes;
}

TEST(Linearizability, SequentialHistory) {
  EXPECT_TRUE(Linearizes({ReadMissing(0, 1), Put("a", 2, 3), Read("a", 4, 5), Cas("a", "b", 6, 7),
                          CasFailed("a", "c", 8, 9), Delete(10, 11), ReadMissing(12, 13),
                          Cas(std::nullopt, "d", 14, 15), Read("d", 16, 17)}));
}

TEST(Linearizability, AStaleReadIsFound) {
  const LinearizabilityResult result = Check({Put("a", 0, 1), Put("b", 2, 3), Read("a", 4, 5)});
  EXPECT_EQ(result.answer, Linearizable::kNo);
  EXPECT_THAT(result.story, HasSubstr("get k -> a"));
  EXPECT_THAT(result.story, HasSubstr("the value was b"));
}

TEST(Linearizability, ReadsMustNotGoBack) {
  EXPECT_TRUE(Linearizes({Put("a", 0, 1), Put("b", 2, 9), Read("a", 3, 4), Read("b", 5, 6)}));
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), Put("b", 2, 9), Read("b", 3, 4), Read("a", 5, 6)}));
}

TEST(Linearizability, ALostWriteIsFound) {
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), ReadMissing(2, 3)}));
}

TEST(Linearizability, TwoWinnersOfOneComparisonAreFound) {
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), Cas("a", "b", 2, 5), Cas("a", "c", 2, 5)}));
}

TEST(Linearizability, AComparisonThatMustHaveWonIsFound) {
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), CasFailed("a", "b", 2, 3), Read("a", 4, 5)}));
}

TEST(Linearizability, AnUnknownWriteMayHappenLateOrNever) {
  EXPECT_TRUE(Linearizes({Put("a", 0, 1), Put("b", 2, -1), Read("a", 3, 4), Read("b", 5, 6)}));
  EXPECT_TRUE(Linearizes({Put("a", 0, 1), Put("b", 2, -1), Read("a", 3, 4), Read("a", 5, 6)}));
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), Put("b", 2, -1), Read("b", 3, 4), Read("a", 5, 6)}));
  EXPECT_TRUE(Linearizes({Put("a", 0, 1), Delete(2, -1), ReadMissing(3, 4)}));
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), Delete(2, -1), ReadMissing(3, 4), Read("a", 5, 6)}));
  EXPECT_TRUE(Linearizes({Put("a", 0, 1), Put("b", 2, -1), CasFailed("a", "c", 3, 4)}));
}

TEST(Linearizability, AnUnknownDeleteHappensOnce) {
  const std::vector<Operation> once = {Put("a", 0, 1), Delete(0, -1), ReadMissing(2, 3),
                                       Put("b", 4, 5)};
  std::vector<Operation> twice = once;
  twice.push_back(ReadMissing(6, 7));
  EXPECT_TRUE(Linearizes(once));
  EXPECT_FALSE(Linearizes(twice));
  twice.push_back(Delete(1, -1));
  EXPECT_TRUE(Linearizes(twice));
}

TEST(Linearizability, AnUnknownComparisonThatWasSeenProvesWhatItSaw) {
  EXPECT_TRUE(Linearizes({Put("a", 0, -1), Cas("a", "b", 1, -1), Read("b", 5, 6)}));
  EXPECT_FALSE(
      Linearizes({Put("a", 0, -1), Cas("a", "b", 1, -1), Read("b", 5, 6), Read("a", 7, 8)}));
}

TEST(Linearizability, AValueOutOfNowhereIsFound) {
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), Read("x", 2, 3)}));
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), CasFailed("z", "x", 2, 3), Read("x", 4, 5)}));
}

// ---- Everything is tried ------------------------------------------------------------------------

// Any order of all that must have happened and any part of what may have, with no cleverness at
// all.
class Dumb {
 public:
  Dumb(const std::vector<Operation>& ops, const std::vector<bool>& forgotten) {
    for (size_t i = 0; i < ops.size(); ++i) {
      const bool certain = ops[i].outcome == Outcome::kOk || ops[i].outcome == Outcome::kFailed;
      const bool writes = ops[i].kind != OpKind::kRead && ops[i].outcome != Outcome::kFailed;
      const bool sure = certain && !(i < forgotten.size() && forgotten[i]);
      if (!sure && !writes) continue;
      left_.push_back({ops[i], sure, certain ? ops[i].returned : Duration::max()});
    }
  }

  bool Fits(const std::optional<std::string>& state) {
    bool all_done = true;
    for (const One& one : left_) all_done = all_done && (one.done || !one.sure);
    if (all_done) return true;
    for (One& next : left_) {
      if (next.done || !MayBeNext(next)) continue;
      next.done = true;
      std::optional<std::string> after = state;
      const bool good = Do(next, after) && Fits(after);
      next.done = false;
      if (good) return true;
    }
    return false;
  }

 private:
  struct One {
    Operation op;
    bool sure = false;
    Duration end{};
    bool done = false;
  };

  // Nobody who is still to come had ended before it began. Who may have been is late, then: it has
  // not been.
  bool MayBeNext(const One& next) const {
    return std::none_of(left_.begin(), left_.end(), [&](const One& other) {
      if (other.done) return other.op.invoked > next.end;
      return other.sure && other.end < next.op.invoked;
    });
  }

  static bool Do(const One& one, std::optional<std::string>& state) {
    switch (one.op.kind) {
      case OpKind::kRead:
        return state == one.op.value;
      case OpKind::kPut:
        state = one.op.value;
        return true;
      case OpKind::kDelete:
        state.reset();
        return true;
      case OpKind::kCas:
        if (one.op.outcome == Outcome::kFailed) return state != one.op.expected;
        if (state != one.op.expected) return false;
        state = one.op.value;
        return true;
    }
    return false;
  }

  std::vector<One> left_;
};

bool TryEverything(const std::vector<Operation>& ops, const std::vector<bool>& forgotten = {}) {
  return Dumb(ops, forgotten).Fits(std::nullopt);
}

// The documented leniency: an unseen write that may have been excuses any failed comparison.
bool MayExcuse(const std::vector<Operation>& ops, const std::vector<bool>& forgotten = {}) {
  bool hidden = false;
  bool refused = false;
  for (size_t i = 0; i < ops.size(); ++i) {
    const bool unsure =
        ops[i].outcome == Outcome::kUnknown || (i < forgotten.size() && forgotten[i]);
    hidden |= unsure && (ops[i].kind == OpKind::kPut || ops[i].kind == OpKind::kCas);
    refused |= ops[i].outcome == Outcome::kFailed;
  }
  return hidden && refused;
}

std::string Text(const std::vector<Operation>& ops) {
  std::string text;
  for (const Operation& op : ops) absl::StrAppend(&text, Describe(op), "\n");
  return text;
}

// Right or wrong, of up to `most` operations.
rc::Gen<std::vector<Operation>> AnyHistory(int most) {
  using Draw = std::tuple<int, int, int, int, int>;
  const auto number = [](int limit) { return rc::gen::inRange(0, limit); };
  const auto one = rc::gen::tuple(number(10), number(6), number(most), number(10), number(5));
  return rc::gen::map(
      rc::gen::mapcat(number(most),
                      [=](int n) {
                        return rc::gen::container<std::vector<Draw>>(static_cast<size_t>(n + 1),
                                                                     one);
                      }),
      [](const std::vector<Draw>& draws) {
        std::vector<Operation> ops;
        for (const auto& [from, length, other, kind, chance] : draws) {
          const int to = from + 1 + length;
          const std::string mine = absl::StrCat("v", ops.size());
          const std::string any = absl::StrCat("v", other % static_cast<int>(draws.size()));
          if (kind < 3) {
            ops.push_back(Put(mine, from, to));
          } else if (kind < 7) {
            ops.push_back(chance == 1 ? ReadMissing(from, to) : Read(any, from, to));
          } else if (kind < 8) {
            ops.push_back(Delete(from, to));
          } else {
            const auto expected = chance == 1 ? std::nullopt : std::optional(any);
            ops.push_back(kind == 8 ? Cas(expected, mine, from, to)
                                    : CasFailed(expected, mine, from, to));
          }
          ops.back().client = static_cast<uint32_t>(ops.size());
          const bool unknown = chance == 0 && ops.back().outcome == Outcome::kOk;
          if (unknown) ops.back().outcome = Outcome::kUnknown;
        }
        std::stable_sort(ops.begin(), ops.end(), [](const Operation& a, const Operation& b) {
          return a.invoked < b.invoked;
        });
        return ops;
      });
}

RC_GTEST_PROP(LinearizabilityProperty, AgreesWithTryingEverything, ()) {
  for (int i = 0; i < 500; ++i) {
    const std::vector<Operation> ops = *AnyHistory(7);
    const Linearizable actual = DecideKey(Pointers(ops)).answer;
    const bool expected = TryEverything(ops);
    if (actual == Linearizable::kYes && !expected && MayExcuse(ops)) continue;
    if ((actual == Linearizable::kYes) != expected) RC_LOG() << Text(ops);
    RC_ASSERT(actual != Linearizable::kUndecided);
    RC_ASSERT((actual == Linearizable::kYes) == expected);
  }
}

// Every operation of the window that is not there only because others saw what it wrote.
RC_GTEST_PROP(LinearizabilityProperty, WindowsAreIllegalAndMinimal, ()) {
  for (int i = 0; i < 2000; ++i) {
    const std::vector<Operation> ops = *AnyHistory(8);
    const std::vector<const Operation*> all = Pointers(ops);
    const LinearizabilityResult result = CheckKey(all);
    if (result.answer != Linearizable::kNo || result.window.empty()) continue;
    RC_LOG() << Text(ops) << result.story << "\n";
    std::vector<Operation> alone;
    for (const Operation* op : result.window) alone.push_back(*op);
    RC_ASSERT(!TryEverything(alone));
    std::vector<bool> forgotten = FindIllegalWindow(all).forgotten;
    RC_ASSERT(!TryEverything(ops, forgotten));
    for (size_t k = 0; k < ops.size(); ++k) {
      if (forgotten[k] || ops[k].outcome == Outcome::kUnknown) continue;
      forgotten[k] = true;
      RC_ASSERT(TryEverything(ops, forgotten) || MayExcuse(ops, forgotten));
      forgotten[k] = false;
    }
  }
}

// ---- Windows for people -------------------------------------------------------------------------

TEST(IllegalWindow, OfALongHistoryIsAFewOperations) {
  HistoryShape shape;
  shape.operations = 2000;
  shape.stale_reads = true;
  const History history = GenerateHistory(shape, 3);
  const LinearizabilityResult result = CheckKey(Pointers(history.operations()));
  ASSERT_EQ(result.answer, Linearizable::kNo);
  EXPECT_LE(result.window.size(), 4u) << result.story;
  EXPECT_THAT(result.story, HasSubstr("of 2000 operations"));
  EXPECT_THAT(result.story, HasSubstr("<- cannot be"));
}

TEST(IllegalWindow, IsDrawnInTimeWithOneLinePerClient) {
  std::vector<Operation> ops = {Put("a", 0, 3), Put("b", 4, 6), Read("b", 5, 7), Read("a", 8, 9),
                                Put("c", 8, -1)};
  for (size_t i = 0; i < ops.size(); ++i) ops[i].client = i == 3 ? 0 : static_cast<uint32_t>(i);
  EXPECT_EQ(DrawTimeline(Pointers(ops), &ops[3]),
            "    client 0   |put a-|               |get -> a-|  <- cannot be\n"
            "    client 1            |put b-|\n"
            "    client 2              |get -> b-|\n"
            "    client 4                          |put c...... ?");
}

TEST(IllegalWindow, LeavesOutWhatDoesNotMatter) {
  const LinearizabilityResult result =
      Check({Put("x", 0, 1), Delete(2, 3), Put("y", 4, 5), Put("a", 6, 7), Delete(7, 9),
             Put("b", 10, 11), Read("b", 12, 13), Read("a", 14, 15), Read("b", 16, 17)});
  EXPECT_EQ(result.answer, Linearizable::kNo);
  EXPECT_THAT(result.story, HasSubstr("[client 0: get k -> a"));
  EXPECT_THAT(result.story, HasSubstr("before it the value was b"));
  EXPECT_THAT(result.story, HasSubstr("3 of 9 operations; at 0.006000 s the value was y"));
}

// ---- Hard histories -----------------------------------------------------------------------------

// Work, not time: explored pasts are about five millions a second. A checker without any of the
// rules of linearization_search.h needs more than this for each of the shapes.
TEST(Linearizability, DecidesTenThousandOperationsOfOneKeyWithBoundedWork) {
  const HistoryShape shapes[] = {
      {.name = "mixed"},
      {.name = "puts", .read = 0, .put = 100, .cas = 0, .remove = 0},
      {.name = "writes", .read = 10, .put = 60, .cas = 15, .remove = 15},
      {.name = "compare-and-set", .read = 20, .put = 10, .cas = 60, .remove = 10},
      {.name = "deletes", .read = 30, .put = 20, .cas = 10, .remove = 40},
      {.name = "no answers", .unknown_percent = 25},
  };
  for (const HistoryShape& shape : shapes) {
    for (uint64_t seed = 1; seed <= 2; ++seed) {
      const History history = GenerateHistory(shape, seed);
      const LinearizabilityResult result = DecideKey(Pointers(history.operations()));
      EXPECT_EQ(result.answer, Linearizable::kYes) << shape.name << ": " << result.story;
      EXPECT_LT(result.explored, 8'000'000u) << shape.name;
    }
  }
}

}  // namespace
}  // namespace konsul::checkers
