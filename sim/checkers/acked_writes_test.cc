#include "sim/checkers/acked_writes.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "sim/checkers/history_support.h"

namespace konsul::checkers {
namespace {

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
