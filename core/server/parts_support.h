// What the tests of a server's parts share: a scheduler that runs when the test says so, a clock,
// and a story to compare with.
#ifndef KONSUL_CORE_SERVER_PARTS_SUPPORT_H_
#define KONSUL_CORE_SERVER_PARTS_SUPPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "core/env/clock.h"
#include "core/fiber/scheduler.h"
#include "core/raft/types.h"
#include "gtest/gtest.h"

namespace konsul::server {

inline raft::Entry EntryAt(uint64_t index, uint64_t term, std::string bytes = "x") {
  return {Index(index), Term(term), raft::EntryKind::kCommand, raft::MakePayload(std::move(bytes))};
}

class HandClock final : public env::Clock {
 public:
  Instant Now() const override { return now; }
  WallTime WallNow() const override { return WallTime{now.ns}; }
  Instant now{0};
};

class PartsTest : public ::testing::Test {
 protected:
  void Run(Instant now = Instant{0}) {
    clock.now = std::max(clock.now, now);
    scheduler.Run(now);
  }

  fiber::StackPool stacks;
  fiber::Scheduler scheduler{stacks};
  HandClock clock;
  std::vector<std::string> story;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_PARTS_SUPPORT_H_
