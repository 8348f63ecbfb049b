// The client-side checkers: known histories, a brute-force oracle, and speed.
#include <algorithm>
#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/env/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "sim/checkers/acked_writes.h"
#include "sim/checkers/linearizability.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

// Times are milliseconds; -1 as the end means that there was no answer.
Operation Op(OpKind kind, std::optional<std::string> value, int from, int to,
             std::optional<std::string> expected = std::nullopt) {
  Operation op;
  op.kind = kind;
  op.key = "k";
  op.value = std::move(value);
  op.expected = std::move(expected);
  op.invoked = from * 1ms;
  op.returned = to * 1ms;
  op.outcome = to < 0 ? Outcome::kUnknown : Outcome::kOk;
  return op;
}
Operation Put(const std::string& v, int from, int to) { return Op(OpKind::kPut, v, from, to); }
Operation Read(const std::string& v, int from, int to) { return Op(OpKind::kRead, v, from, to); }
Operation ReadMissing(int from, int to) { return Op(OpKind::kRead, std::nullopt, from, to); }
Operation Delete(int from, int to) { return Op(OpKind::kDelete, std::nullopt, from, to); }
Operation Cas(std::optional<std::string> expected, const std::string& v, int from, int to) {
  return Op(OpKind::kCas, v, from, to, std::move(expected));
}
Operation CasFailed(std::optional<std::string> expected, const std::string& v, int from, int to) {
  Operation op = Cas(std::move(expected), v, from, to);
  op.outcome = Outcome::kFailed;
  return op;
}

LinearizabilityResult Check(std::vector<Operation> ops) {
  std::sort(ops.begin(), ops.end(),
            [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  std::vector<const Operation*> pointers;
  for (const Operation& op : ops) pointers.push_back(&op);
  return CheckKey(pointers);
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

TEST(Linearizability, AnUnknownComparisonThatWasSeenProvesWhatItSaw) {
  EXPECT_TRUE(Linearizes({Put("a", 0, -1), Cas("a", "b", 1, -1), Read("b", 5, 6)}));
  EXPECT_FALSE(
      Linearizes({Put("a", 0, -1), Cas("a", "b", 1, -1), Read("b", 5, 6), Read("a", 7, 8)}));
}

TEST(Linearizability, AValueOutOfNowhereIsFound) {
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), Read("x", 2, 3)}));
  EXPECT_FALSE(Linearizes({Put("a", 0, 1), CasFailed("z", "x", 2, 3), Read("x", 4, 5)}));
}

// Every order of every subset of the unknown ones. For a handful of operations only.
bool BruteForce(const std::vector<Operation>& ops) {
  const size_t n = ops.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  do {
    // Unknown operations at the end of the order may count as "never": try each prefix of them.
    std::optional<std::string> state;
    bool good = true;
    for (size_t i = 0; i < n && good; ++i) {
      const Operation& op = ops[order[i]];
      for (size_t j = i + 1; j < n && good; ++j) {
        const Operation& later = ops[order[j]];
        if (later.outcome != Outcome::kUnknown && later.returned < op.invoked) good = false;
      }
      if (!good) break;
      const bool unknown = op.outcome == Outcome::kUnknown;
      switch (op.kind) {
        case OpKind::kRead:
          good = unknown || state == op.value;
          break;
        case OpKind::kPut:
          state = op.value;
          break;
        case OpKind::kDelete:
          state.reset();
          break;
        case OpKind::kCas:
          if (op.outcome == Outcome::kFailed) {
            good = state != op.expected;
          } else if (state == op.expected) {
            state = op.value;
          } else {
            good = unknown;
          }
          break;
      }
    }
    if (good) return true;
    // An unknown write may also never happen: placed last in the order it disturbs nobody.
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

// A random small history, right or wrong.
std::vector<Operation> RandomHistory(uint64_t seed) {
  env::Random random(seed);
  std::vector<Operation> ops;
  std::vector<std::string> values = {"v0", "v1", "v2", "v3", "v4", "v5"};
  const uint64_t n = random.Between(2, 6);
  for (uint64_t i = 0; i < n; ++i) {
    const int from = static_cast<int>(random.Below(10));
    const int to = from + 1 + static_cast<int>(random.Below(6));
    const std::string any = values[random.Below(n)];
    const uint64_t kind = random.Below(10);
    const bool unknown = random.Chance(1, 5);
    Operation op;
    if (kind < 3) {
      op = Put(values[i], from, to);
    } else if (kind < 7) {
      op = random.Chance(1, 4) ? ReadMissing(from, to) : Read(any, from, to);
    } else if (kind < 8) {
      op = Delete(from, to);
    } else {
      const bool create = random.Chance(1, 3);
      op = Cas(create ? std::nullopt : std::optional(any), values[i], from, to);
      if (random.Chance(1, 3)) op.outcome = Outcome::kFailed;
    }
    if (unknown && op.outcome == Outcome::kOk) op.outcome = Outcome::kUnknown;
    ops.push_back(op);
  }
  return ops;
}

TEST(Linearizability, AgreesWithBruteForce) {
  int yes = 0;
  int no = 0;
  for (uint64_t seed = 0; seed < 30'000; ++seed) {
    const std::vector<Operation> ops = RandomHistory(seed);
    const bool expected = BruteForce(ops);
    const bool hidden = std::any_of(ops.begin(), ops.end(), [](const Operation& op) {
      return op.outcome == Outcome::kUnknown &&
             (op.kind == OpKind::kPut || op.kind == OpKind::kCas);
    });
    const bool refused = std::any_of(
        ops.begin(), ops.end(), [](const Operation& op) { return op.outcome == Outcome::kFailed; });
    const bool actual = Linearizes(ops);
    // The documented leniency: an unseen write of unknown outcome may excuse failed comparisons.
    if (hidden && refused && actual && !expected) continue;
    std::string text;
    for (const Operation& op : ops) absl::StrAppend(&text, Describe(op), "\n");
    ASSERT_EQ(actual, expected) << "seed " << seed << "\n" << text;
    ++(actual ? yes : no);
  }
  EXPECT_GT(yes, 1000);
  EXPECT_GT(no, 1000);
}

// What a correct register answers to concurrent clients, some of which never hear back.
History SimulatedHistory(uint64_t seed, int operations, bool break_it) {
  env::Random random(seed);
  History history;
  std::optional<std::string> state;
  std::vector<std::string> past;
  std::vector<int64_t> free_at(8, 0);
  for (int i = 0; i < operations; ++i) {
    const size_t client =
        static_cast<size_t>(std::min_element(free_at.begin(), free_at.end()) - free_at.begin());
    const int64_t from = free_at[client];
    const int64_t length = static_cast<int64_t>(random.Between(1000, 9000));
    Operation op;
    op.client = static_cast<uint32_t>(client);
    op.key = "k";
    op.invoked = Duration(from);
    // Everything takes effect at once, at the moment it was asked: one valid order.
    const uint64_t kind = random.Below(10);
    const bool unknown = random.Chance(1, 30);
    const bool happens = !unknown || random.Chance(1, 2);
    Outcome outcome = unknown ? Outcome::kUnknown : Outcome::kOk;
    if (kind < 5) {
      op.kind = OpKind::kRead;
      op.value = state;
      if (break_it && i > operations - 50 && past.size() > 100) op.value = past[past.size() - 80];
    } else if (kind < 8) {
      op.kind = OpKind::kPut;
      op.value = absl::StrCat("v", i);
      if (happens) state = op.value;
    } else if (kind < 9) {
      op.kind = OpKind::kCas;
      op.value = absl::StrCat("v", i);
      op.expected = random.Chance(1, 2) || past.empty() ? state : past.back();
      if (op.expected != state) {
        if (!unknown) outcome = Outcome::kFailed;
      } else if (happens) {
        state = op.value;
      }
    } else {
      op.kind = OpKind::kDelete;
      if (happens) state.reset();
    }
    if (state.has_value()) past.push_back(*state);
    const History::Id id = history.Invoke(op);
    history.Return(id, outcome, Duration(from + length));
    free_at[client] = from + length + static_cast<int64_t>(random.Below(2000));
  }
  return history;
}

TEST(Linearizability, DecidesTenThousandOperationsOfOneKeyQuickly) {
  for (const bool break_it : {false, true}) {
    const History history = SimulatedHistory(11, 10'000, break_it);
    Findings findings;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(CheckLinearizability(history, findings), 0u);
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(findings.empty(), !break_it);
    EXPECT_LT(took, 5s);
  }
}

void FinalStates(std::vector<Operation> ops, std::optional<std::string> value, Findings& findings) {
  History history;
  for (const Operation& op : ops) history.Return(history.Invoke(op), op.outcome, op.returned);
  CheckAckedWrites(history, {{"k", std::move(value), "n1"}}, findings);
}

TEST(AckedWrites, WhatMayBeThereAtTheEnd) {
  Findings findings;
  FinalStates({Put("a", 0, 1), Put("b", 2, 3)}, "b", findings);
  FinalStates({Put("a", 0, 5), Put("b", 2, 3)}, "a", findings);
  FinalStates({Put("a", 0, 1), Put("b", 2, -1)}, "a", findings);
  FinalStates({Put("a", 0, 1), Put("b", 2, -1)}, "b", findings);
  FinalStates({Put("a", 0, 1), Delete(2, 3)}, std::nullopt, findings);
  FinalStates({Put("a", 0, -1)}, std::nullopt, findings);
  EXPECT_TRUE(findings.empty()) << findings.list()[0].text;
}

TEST(AckedWrites, LostWritesAreFound) {
  const auto finds = [](std::vector<Operation> ops, std::optional<std::string> value) {
    Findings findings;
    FinalStates(std::move(ops), std::move(value), findings);
    return !findings.empty();
  };
  EXPECT_TRUE(finds({Put("a", 0, 1), Put("b", 2, 3)}, "a"));
  EXPECT_TRUE(finds({Put("a", 0, 1)}, std::nullopt));
  EXPECT_TRUE(finds({Delete(0, 1), Put("a", 2, 3)}, std::nullopt));
  EXPECT_TRUE(finds({Put("a", 0, 1), Delete(2, 3)}, "a"));
  EXPECT_TRUE(finds({Put("a", 0, 1)}, "nobody's"));
}

}  // namespace
}  // namespace konsul::checkers
