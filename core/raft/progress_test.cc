// One follower as its leader sees it (thesis 10.2.1; paper figure 2, nextIndex and matchIndex).
#include "core/raft/progress.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace konsul::raft {
namespace {

using State = Progress::State;

constexpr Progress::Window kWindow{.appends = 3, .bytes = 100};

Progress Replicating(uint64_t match) {
  Progress progress(Index(match + 1), Instant{});
  progress.Acknowledged(Index(match));
  return progress;
}

TEST(ProgressTest, ProbesOneAtATime) {
  Progress progress(Index(5), Instant{});
  EXPECT_TRUE(progress.CanSend(kWindow));
  progress.Sent(Index(7), 10);
  EXPECT_FALSE(progress.CanSend(kWindow));
  EXPECT_EQ(progress.next(), Index(5));
  EXPECT_TRUE(progress.Acknowledged(Index(7)));
  EXPECT_EQ(progress.state(), State::kReplicate);
  EXPECT_EQ(progress.next(), Index(8));
}

TEST(ProgressTest, ReplicatesAheadUpToTheWindow) {
  Progress progress = Replicating(4);
  for (uint64_t last : {6, 9, 10}) {
    EXPECT_TRUE(progress.CanSend(kWindow));
    progress.Sent(Index(last), 1);
  }
  EXPECT_EQ(progress.next(), Index(11));
  EXPECT_FALSE(progress.CanSend(kWindow));
  EXPECT_TRUE(progress.Acknowledged(Index(6)));
  EXPECT_TRUE(progress.CanSend(kWindow));
}

// Few appends of much are as bad for the memory of a leader as many of little.
TEST(ProgressTest, TheWindowIsOneOfBytesToo) {
  Progress progress = Replicating(4);
  progress.Sent(Index(5), 99);
  EXPECT_TRUE(progress.CanSend(kWindow));
  progress.Sent(Index(6), 500);  // one that begins within may exceed it
  EXPECT_FALSE(progress.CanSend(kWindow));
  EXPECT_EQ(progress.inflight_bytes(), 599u);
  progress.Acknowledged(Index(5));
  EXPECT_FALSE(progress.CanSend(kWindow));
  progress.Acknowledged(Index(6));
  EXPECT_TRUE(progress.CanSend(kWindow));
  EXPECT_EQ(progress.inflight_bytes(), 0u);
}

// PySyncObj #167: replies come late and in any order.
TEST(ProgressTest, MatchNeverGoesBack) {
  Progress progress = Replicating(4);
  progress.Sent(Index(9), 1);
  EXPECT_TRUE(progress.Acknowledged(Index(9)));
  EXPECT_FALSE(progress.Acknowledged(Index(6)));
  EXPECT_EQ(progress.match(), Index(9));
  EXPECT_FALSE(progress.Rejected(Index(7), Index(2)));
  EXPECT_EQ(progress.next(), Index(10));
}

TEST(ProgressTest, ARejectionLeadsBackToProbing) {
  Progress progress = Replicating(4);
  progress.Sent(Index(6), 1);
  progress.Sent(Index(9), 1);
  EXPECT_TRUE(progress.Rejected(Index(6), Index(5)));
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_EQ(progress.next(), Index(6));
  EXPECT_EQ(progress.inflight_bytes(), 0u);
  // The others of the same pipeline are no news.
  EXPECT_FALSE(progress.Rejected(Index(9), Index(5)));
  EXPECT_EQ(progress.next(), Index(6));
}

TEST(ProgressTest, AProbeIsNotEndedByAnOlderAnswer) {
  Progress progress(Index(9), Instant{});
  progress.Sent(Index(9), 1);
  EXPECT_TRUE(progress.Acknowledged(Index(3)));
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_FALSE(progress.CanSend(kWindow));
}

TEST(ProgressTest, ALostConnectionStartsAgainFromWhatIsKnown) {
  Progress progress = Replicating(4);
  progress.Sent(Index(9), 1);
  progress.Lost();
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_EQ(progress.next(), Index(5));
  // It was not lost after all.
  EXPECT_TRUE(progress.Acknowledged(Index(9)));
  EXPECT_EQ(progress.next(), Index(10));
}

// ---- Snapshots ----------------------------------------------------------------------------------

TEST(ProgressTest, NoEntriesWhileASnapshotIsOnItsWay) {
  Progress progress(Index(3), Instant{});
  progress.NeedsSnapshot(Index(8));
  EXPECT_EQ(progress.state(), State::kSnapshot);
  EXPECT_FALSE(progress.CanSend(kWindow));
  EXPECT_FALSE(progress.Rejected(Index(2), Index(0)));  // an answer from before
  EXPECT_EQ(progress.state(), State::kSnapshot);
  // Less than the snapshot is no end of it; more is.
  EXPECT_TRUE(progress.Acknowledged(Index(7)));
  EXPECT_EQ(progress.state(), State::kSnapshot);
  EXPECT_TRUE(progress.Acknowledged(Index(8)));
  EXPECT_EQ(progress.state(), State::kReplicate);
  EXPECT_EQ(progress.next(), Index(9));
}

TEST(ProgressTest, ASnapshotThatEndedIsAskedAbout) {
  Progress progress(Index(3), Instant{});
  progress.NeedsSnapshot(Index(8));
  progress.SnapshotEnded(Index(8));
  EXPECT_EQ(progress.state(), State::kProbe);
  EXPECT_EQ(progress.next(), Index(9));
  EXPECT_TRUE(progress.Rejected(Index(8), Index(2)));  // it did not arrive
  EXPECT_LE(progress.next(), Index(8));
  // One that ended in another state changes nothing.
  Progress replicating = Replicating(4);
  replicating.SnapshotEnded(Index(8));
  EXPECT_EQ(replicating.state(), State::kReplicate);
  EXPECT_EQ(replicating.next(), Index(5));
}

// ---- Against models -----------------------------------------------------------------------------

// Whatever is said in whatever order: next stays beyond match, match does not go back, and the
// window is that of a plain list of what was sent and not answered.
RC_GTEST_PROP(ProgressTest, CountsWhatIsOutLikeAPlainList, ()) {
  const uint64_t last = 20;
  struct Out {
    Index last;
    size_t bytes;
  };
  Progress progress(Index(*rc::gen::inRange<uint64_t>(1, last)), Instant{});
  std::vector<Out> out;
  Index match;
  for (uint32_t word : *rc::gen::arbitrary<std::vector<uint32_t>>()) {
    const Index a(word / 8 % last);
    const Index b(word / 97 % last);
    const size_t bytes = word / 13 % 60;
    switch (word % 8) {
      case 0:
      case 1:
        progress.Acknowledged(a);
        break;
      case 2:
        progress.Rejected(a, b);
        break;
      case 3:
        if (word % 3 == 0) progress.Lost();
        break;
      case 4:
        if (word % 3 == 0) progress.NeedsSnapshot(std::max(a, progress.next()));
        break;
      case 5:
        progress.SnapshotEnded(b);
        break;
      default:
        if (progress.CanSend(kWindow) && progress.next() <= Index(last)) {
          const bool replicates = progress.state() == State::kReplicate;
          const Index sent = std::max(progress.next(), a);
          progress.Sent(sent, bytes);
          if (replicates) out.push_back({sent, bytes});
        }
    }
    if (progress.state() != State::kReplicate) out.clear();
    match = std::max(match, progress.match());
    out.erase(std::remove_if(out.begin(), out.end(), [&](const Out& o) { return o.last <= match; }),
              out.end());
    size_t sum = 0;
    for (const Out& o : out) sum += o.bytes;
    RC_ASSERT(progress.match() == match);
    RC_ASSERT(progress.next() > progress.match());
    RC_ASSERT(progress.next() <= Index(last + 1));
    RC_ASSERT(progress.inflight() == out.size());
    RC_ASSERT(progress.inflight_bytes() == sum);
    if (progress.state() == State::kReplicate) {
      RC_ASSERT(progress.CanSend(kWindow) == (out.size() < kWindow.appends && sum < kWindow.bytes));
    }
  }
}

// A leader's log and a follower's, which parts from it somewhere, and a link between them that
// loses, repeats and reorders. What is called a match is one; and once the link is good again,
// heartbeats and nothing else bring the follower up to date, also when the leader's log was cut.
class Link {
 public:
  Link(uint64_t last, uint64_t same, uint64_t own) : last_(last), same_(same), own_(own) {}

  // One thing happens. `word` draws.
  void Step(uint32_t word) {
    const uint64_t kind = word % 16;
    word /= 16;
    if (kind < 4) {
      if (progress_.CanSend(kWindow) && progress_.next() <= Index(last_)) Send(word % 3);
    } else if (kind == 4) {
      Heartbeat();
    } else if (kind < 8) {
      Take(questions_, word, [this](const Question& q) { Answer(q); });
    } else if (kind < 12) {
      Take(answers_, word, [this](const Reply& r) { Hear(r); });
    } else if (kind == 12 && !questions_.empty()) {
      questions_.erase(questions_.begin() + static_cast<ptrdiff_t>(word % questions_.size()));
    } else if (kind == 13) {
      if (word % 8 == 0) progress_.Lost();
    } else if (kind == 14) {
      if (word % 4 == 0) Compact(base_ + word % 5);
    } else if (progress_.state() == State::kSnapshot) {
      if (word % 2 == 0) Install();
      progress_.SnapshotEnded(Index(base_));
    }
  }

  void Heal() {
    for (int round = 0; round < 100 && progress_.match() < Index(last_); ++round) {
      Heartbeat();
      while (!questions_.empty() || !answers_.empty()) {
        while (!questions_.empty()) TakeFirst(questions_, [this](const Question& q) { Answer(q); });
        while (!answers_.empty()) TakeFirst(answers_, [this](const Reply& r) { Hear(r); });
        while (progress_.CanSend(kWindow) && progress_.next() <= Index(last_)) Send(2);
        if (progress_.state() == State::kSnapshot) {
          Install();
          progress_.SnapshotEnded(Index(base_));
        }
      }
    }
  }

  bool MatchIsTrue() const { return progress_.match() <= Index(same_); }
  bool Done() const { return progress_.match() == Index(last_) && same_ == last_; }

 private:
  struct Question {
    Index prev;
    Index last;
  };
  struct Reply {
    bool success;
    Index at;
    Index hint;
  };

  template <typename T, typename Function>
  void Take(std::vector<T>& from, uint32_t word, Function use) {
    if (from.empty()) return;
    const size_t at = word % from.size();
    const T taken = from[at];
    if (word % 7 != 0) from.erase(from.begin() + static_cast<ptrdiff_t>(at));  // or it comes again
    use(taken);
  }
  template <typename T, typename Function>
  void TakeFirst(std::vector<T>& from, Function use) {
    const T taken = from.front();
    from.erase(from.begin());
    use(taken);
  }

  void Send(uint64_t more) {
    if (progress_.next() <= Index(base_)) {
      progress_.NeedsSnapshot(Index(base_));
      return;
    }
    const Index last(std::min(last_, progress_.next().value + more));
    questions_.push_back({progress_.next() - 1, last});
    progress_.Sent(last, 1);
  }
  void Heartbeat() {
    const Index next = std::max(progress_.next(), Index(base_ + 1));
    questions_.push_back({next - 1, next - 1});
  }
  // The follower: its log is the leader's up to same_, and its own from there to own_.
  void Answer(const Question& q) {
    if (q.prev > Index(same_)) {
      // With hints as bad as they may be.
      answers_.push_back({false, q.prev, Index(std::min(q.prev.value - 1, own_))});
      return;
    }
    if (q.last > Index(same_)) same_ = own_ = q.last.value;
    answers_.push_back({true, q.last, {}});
  }
  void Hear(const Reply& r) {
    if (r.success) {
      progress_.Acknowledged(r.at);
    } else {
      progress_.Rejected(r.at, std::max(Index(base_), r.hint));
    }
  }
  void Install() { same_ = std::max(same_, base_); }
  void Compact(uint64_t base) {
    base_ = std::min(base, last_);
    progress_.Compacted(Index(base_));
  }

  uint64_t last_;      // of the leader's log
  uint64_t base_ = 0;  // and where it begins
  uint64_t same_;
  uint64_t own_;
  Progress progress_{Index(last_ + 1), Instant{}};
  std::vector<Question> questions_;
  std::vector<Reply> answers_;
};

RC_GTEST_PROP(ProgressTest, AFollowerCatchesUpWhateverWasLost, ()) {
  const uint64_t last = *rc::gen::inRange<uint64_t>(1, 12);
  const uint64_t same = *rc::gen::inRange<uint64_t>(0, last + 1);
  Link link(last, same, *rc::gen::inRange<uint64_t>(same, 16));
  for (uint32_t word : *rc::gen::container<std::vector<uint32_t>>(
           100, rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint32_t>(0, 1 << 30)))) {
    link.Step(word);
    RC_ASSERT(link.MatchIsTrue());
  }
  link.Heal();
  RC_ASSERT(link.MatchIsTrue());
  RC_ASSERT(link.Done());
}

}  // namespace
}  // namespace konsul::raft
