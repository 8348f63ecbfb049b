#include "core/fiber/continuation.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::fiber {
namespace {

class ContinuationTest : public ::testing::Test {
 protected:
  void ParkIn(Group& group, absl::string_view what, std::vector<WaitList*> lists,
              Instant deadline = Instant::Never()) {
    auto continuation = std::make_unique<Continuation>(scheduler);
    for (WaitList* list : lists) continuation->WaitIn(*list);
    Park(group, what, std::move(continuation), deadline);
  }
  void Park(Group& group, absl::string_view what, std::unique_ptr<Continuation> continuation,
            Instant deadline = Instant::Never()) {
    group.Park(std::move(continuation), what, deadline, [this, what = std::string(what)] {
      absl::StrAppend(&story, story.empty() ? "" : " ", what);
      if (scheduler.cancelled()) absl::StrAppend(&story, "!");
    });
  }
  // On a fiber of its own, until it and all that it caused is over.
  void OnFiber(absl::AnyInvocable<void()> body) {
    Group group(scheduler);
    group.Spawn("test", std::move(body));
    scheduler.Run(now);
    ASSERT_TRUE(group.empty());
  }

  StackPool stacks;
  Scheduler scheduler{stacks};
  Instant now{0};
  std::string story;
  WaitList a{scheduler}, b{scheduler};
};

TEST_F(ContinuationTest, HasNoFiberUntilItIsWoken) {
  Group group(scheduler);
  ParkIn(group, "x", {&a});
  scheduler.Run(now);
  EXPECT_EQ(scheduler.fiber_count(), 0u);
  EXPECT_EQ(stacks.in_use(), 0u);
  EXPECT_EQ(scheduler.continuation_count(), 1u);
  EXPECT_FALSE(group.empty());
  a.WakeAll();
  EXPECT_EQ(scheduler.fiber_count(), 1u);
  EXPECT_EQ(scheduler.continuation_count(), 0u);
  scheduler.Run(now);
  EXPECT_EQ(story, "x");
  EXPECT_TRUE(group.empty());
}

TEST_F(ContinuationTest, IsSmall) { EXPECT_LE(sizeof(Continuation), 200u); }

TEST_F(ContinuationTest, TheFirstListThatWakesItTakesItOutOfTheOthers) {
  Group group(scheduler);
  ParkIn(group, "x", {&a, &b}, Instant{10});
  b.WakeAll();
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(scheduler.NextDeadline(), Instant::Never());
  a.WakeAll();
  scheduler.Run(Instant{10});
  EXPECT_EQ(story, "x");
}

TEST_F(ContinuationTest, EndsAtItsDeadline) {
  Group group(scheduler);
  ParkIn(group, "late", {&a}, Instant{20});
  ParkIn(group, "soon", {&a}, Instant{10});
  EXPECT_EQ(scheduler.NextDeadline(), Instant{10});
  scheduler.Run(Instant{9});
  EXPECT_EQ(story, "");
  scheduler.Run(Instant{10});
  EXPECT_EQ(story, "soon");
  scheduler.Run(Instant{20});
  EXPECT_EQ(story, "soon late");
  EXPECT_TRUE(a.empty());
}

TEST_F(ContinuationTest, AWakeUpBeforeItIsParkedIsKept) {
  Group group(scheduler);
  auto continuation = std::make_unique<Continuation>(scheduler);
  continuation->WaitIn(a);
  continuation->WaitIn(b);
  a.WakeAll();
  EXPECT_TRUE(continuation->woken());
  EXPECT_TRUE(b.empty());
  Park(group, "x", std::move(continuation));
  scheduler.Run(now);
  EXPECT_EQ(story, "x");
}

TEST_F(ContinuationTest, LeavesItsListsWhenItIsNotParkedAfterAll) {
  auto continuation = std::make_unique<Continuation>(scheduler);
  continuation->WaitIn(a);
  continuation.reset();
  EXPECT_TRUE(a.empty());
}

TEST_F(ContinuationTest, StandsInLineWithFibers) {
  Group group(scheduler);
  ParkIn(group, "x", {&a});
  group.Spawn("fiber", [&] {
    ASSERT_TRUE(a.Wait().ok());
    absl::StrAppend(&story, " fiber");
  });
  scheduler.Run(now);
  a.WakeOne();
  scheduler.Run(now);
  EXPECT_EQ(story, "x");
  a.WakeOne();
  scheduler.Run(now);
  EXPECT_EQ(story, "x fiber");
}

TEST_F(ContinuationTest, CancellingTheGroupEndsItOnACancelledFiber) {
  OnFiber([&] {
    Group group(scheduler);
    ParkIn(group, "x", {&a});
    ParkIn(group, "y", {&b}, Instant{10});
    group.Cancel();
    group.Join();
    EXPECT_EQ(story, "y! x!");
    ParkIn(group, "z", {&a});  // and those that come later
    group.Join();
  });
  EXPECT_EQ(story, "y! x! z!");
  EXPECT_TRUE(a.empty() && b.empty());
}

TEST_F(ContinuationTest, TheGroupsDestructorWaitsForIt) {
  OnFiber([&] {
    Group group(scheduler);
    ParkIn(group, "x", {&a});
  });
  EXPECT_EQ(story, "x!");
}

TEST_F(ContinuationTest, JoinWaitsForItToBeWoken) {
  Group group(scheduler);
  bool joined = false;
  ParkIn(group, "x", {&a});
  Group joiners(scheduler);
  joiners.Spawn("joiner", [&] {
    group.Join();
    joined = true;
  });
  scheduler.Run(now);
  EXPECT_FALSE(joined);
  a.WakeAll();
  scheduler.Run(now);
  EXPECT_TRUE(joined);
}

TEST_F(ContinuationTest, AKilledProcessHasNoneLeft) {
  Group group(scheduler);
  ParkIn(group, "x", {&a, &b}, Instant{10});
  scheduler.CancelAll();
  scheduler.Run(now);
  EXPECT_EQ(story, "x!");
  EXPECT_EQ(scheduler.continuation_count(), 0u);
  EXPECT_TRUE(group.empty());
}

TEST_F(ContinuationTest, ManyWokenAtOnceShareAStack) {
  Group group(scheduler);
  for (int i = 0; i < 1000; ++i) ParkIn(group, "x", {&a});
  a.WakeAll();
  size_t most = 0;
  group.Spawn("watch", [&] { most = stacks.in_use(); });
  scheduler.Run(now);
  EXPECT_EQ(most, 1u);
  EXPECT_TRUE(group.empty());
}

TEST_F(ContinuationTest, AtMostSoManyAtATimeInTheOrderOfWaking) {
  Group group(scheduler);
  group.LimitResumed(2);
  WaitList gate(scheduler);
  for (const char* name : {"1", "2", "3", "4"}) {
    auto continuation = std::make_unique<Continuation>(scheduler);
    continuation->WaitIn(a);
    group.Park(std::move(continuation), name, Instant{10}, [&, name] {
      absl::StrAppend(&story, name);
      ASSERT_TRUE(gate.Wait().ok());
    });
  }
  a.WakeAll();
  scheduler.Run(now);
  EXPECT_EQ(story, "12");
  EXPECT_EQ(stacks.in_use(), 2u);
  EXPECT_EQ(scheduler.continuation_count(), 2u);
  EXPECT_FALSE(group.empty());
  scheduler.Run(Instant{10});
  EXPECT_EQ(story, "12") << "no deadline any more";
  gate.WakeOne();
  scheduler.Run(now);
  EXPECT_EQ(story, "123");
  gate.WakeAll();
  scheduler.Run(now);
  EXPECT_EQ(story, "1234");
  gate.WakeAll();
  scheduler.Run(now);
  EXPECT_TRUE(group.empty());
}

TEST_F(ContinuationTest, CancellingEndsThoseWhoWaitForTheirTurn) {
  for (const bool all : {false, true}) {
    OnFiber([&] {
      Group group(scheduler);
      group.LimitResumed(1);
      for (const char* name : {"x", "y", "z"}) ParkIn(group, name, {&a}, Instant{10});
      a.WakeAll();
      EXPECT_EQ(scheduler.continuation_count(), 2u);
      if (all) {
        scheduler.CancelAll();
      } else {
        group.Cancel();
      }
      group.Join();
    });
    EXPECT_EQ(story.size(), 8u) << story;  // "x! y! z!"
    EXPECT_EQ(scheduler.continuation_count(), 0u);
    story.clear();
  }
}

// Against a table of who waits where: exactly those run that should, each once.
RC_GTEST_FIXTURE_PROP(ContinuationTest, WakesWhoWaitsAndNobodyElse, ()) {
  constexpr size_t kLists = 4;
  std::vector<std::unique_ptr<WaitList>> lists;
  for (size_t i = 0; i < kLists; ++i) lists.push_back(std::make_unique<WaitList>(scheduler));
  struct Model {
    std::vector<size_t> waits_in;
    int64_t deadline = 0;
    bool over = false;
  };
  Group group(scheduler);
  group.LimitResumed(*rc::gen::inRange<size_t>(1, 5));
  std::vector<Model> model;
  std::vector<int> runs;
  const auto end = [&](auto concerns) {
    for (Model& m : model) m.over |= concerns(m);
  };
  int64_t time = 0;
  const int steps = *rc::gen::inRange(1, 40);
  for (int step = 0; step < steps; ++step) {
    const int what = *rc::gen::inRange(0, 4);
    if (what <= 1) {
      Model m;
      auto continuation = std::make_unique<Continuation>(scheduler);
      for (size_t i = 0; i < kLists; ++i) {
        if (!*rc::gen::arbitrary<bool>()) continue;
        m.waits_in.push_back(i);
        continuation->WaitIn(*lists[i]);
      }
      m.deadline = time + *rc::gen::inRange(1, 20);
      const size_t number = model.size();
      runs.push_back(0);
      group.Park(std::move(continuation), "x", Instant{m.deadline},
                 [&runs, number] { ++runs[number]; });
      model.push_back(m);
    } else if (what == 2) {
      const size_t list = *rc::gen::inRange<size_t>(0, kLists);
      lists[list]->WakeAll();
      end([&](const Model& m) {
        return std::find(m.waits_in.begin(), m.waits_in.end(), list) != m.waits_in.end();
      });
    } else {
      time += *rc::gen::inRange(1, 10);
      end([&](const Model& m) { return m.deadline <= time; });
    }
    scheduler.Run(Instant{time});
    for (size_t i = 0; i < model.size(); ++i) RC_ASSERT(runs[i] == (model[i].over ? 1 : 0));
  }
  scheduler.CancelAll();
  scheduler.Run(Instant{time});
  for (const int n : runs) RC_ASSERT(n == 1);
}

}  // namespace
}  // namespace konsul::fiber
