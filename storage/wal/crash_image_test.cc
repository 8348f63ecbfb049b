// Crash images (after Zheng et al., OSDI'14, and Pillai et al., OSDI'14): wherever the power may
// go, and whichever unsynced sectors and names it may leave, the log that is found is the
// acknowledged one, or that with the whole batch that was being written.
//
// Checks recovery against the model of memory_disk_support.h; says nothing of what disks do beyond
// it.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "storage/wal/format.h"
#include "storage/wal/segment.h"
#include "storage/wal/wal_fixture_support.h"

namespace konsul::wal {
namespace {

// The disk at the moment before one of its calls, and what may be found there.
struct Moment {
  std::unique_ptr<MemoryDisk> disk;
  Model acknowledged;
  Model attempted;
};

bool ChangesTheDisk(MemoryDisk::Call call) {
  return call != MemoryDisk::Call::kRead && call != MemoryDisk::Call::kOpen &&
         call != MemoryDisk::Call::kList;
}

class Recorder {
 public:
  explicit Recorder(WalWorld& world) : world_(world) {}

  // Takes the steps on `disk`, and remembers every moment.
  std::vector<Moment> Record(MemoryDisk& disk, Model known, const std::vector<Step>& steps) {
    Model attempted = known;
    moments_.clear();
    disk.before = [&](MemoryDisk::Call call, const std::string&) {
      if (ChangesTheDisk(call)) moments_.push_back({disk.Clone(), known, attempted});
      return absl::OkStatus();
    };
    absl::Status status = world_.WithWal(disk, [&](Wal::Opened& opened) {
      for (const Step& step : steps) {
        attempted = known.With(step);
        EXPECT_TRUE(step.Do(*opened.wal).ok());
        known = attempted;
      }
      world_.Settle();
    });
    EXPECT_TRUE(status.ok()) << status;
    disk.before = nullptr;
    moments_.push_back({disk.Clone(), known, known});
    return std::move(moments_);
  }

 private:
  WalWorld& world_;
  std::vector<Moment> moments_;
};

class CrashImageTest : public ::testing::Test {
 protected:
  // All subsets of up to this many unsynced sectors; of more, a sample.
  static constexpr size_t kExhaustiveSectors = 9;
  static constexpr size_t kSamples = 200;

  void ForEachImage(const MemoryDisk& disk, const std::function<void(MemoryDisk&)>& look) {
    const size_t sectors = disk.Unsynced().size();
    const bool all = sectors <= kExhaustiveSectors;
    const size_t count = all ? size_t{1} << sectors : kSamples;
    for (size_t names = 0; names <= disk.unsynced_names(); ++names) {
      for (size_t i = 0; i < count; ++i) {
        std::vector<bool> keep(sectors);
        for (size_t s = 0; s < sectors; ++s) keep[s] = all ? (i >> s) & 1 : random.Chance(1, 2);
        look(*disk.AfterPowerLoss(keep, names));
        ++images;
      }
    }
  }

  // Opens; what is found must be allowed; goes on from there, and that must be found again.
  void ExpectRecovers(MemoryDisk& disk, const Moment& moment) {
    Model found;
    absl::Status status = world.WithWal(disk, [&](Wal::Opened& opened) {
      found = Model::Of(opened);
      const Step more = RandomStep(found, random, 300);
      ASSERT_TRUE(more.Do(*opened.wal).ok());
      world.Settle();
      found.Apply(more);
      found_before_more = Model::Of(opened);
    });
    ASSERT_TRUE(status.ok()) << status;
    const bool whole = moment.attempted.Allows(found_before_more);
    ASSERT_TRUE(whole || moment.acknowledged.Allows(found_before_more))
        << "found " << found_before_more << "\nacknowledged " << moment.acknowledged
        << "\nattempted " << moment.attempted;
    whole_batches += whole;
    compacted += found_before_more.base.index > moment.acknowledged.base.index;
    auto after = disk.AfterPowerLoss(std::vector<bool>(disk.Unsynced().size(), false), 0);
    absl::StatusOr<Model> again = world.Read(*after);
    ASSERT_TRUE(again.ok()) << again.status();
    ASSERT_TRUE(found.Allows(*again)) << "found " << *again << "\ninstead of " << found;
  }

  WalWorld world;
  Recorder recorder{world};
  env::Random random{7};
  Model found_before_more;
  size_t images = 0;
  size_t whole_batches = 0;
  size_t compacted = 0;
};

TEST_F(CrashImageTest, EveryImageOfASmallWorkloadRecovers) {
  using raft::HardState;
  const std::vector<Step> steps = {
      OwnedBatch{HardState{Term(1), NodeId(1)}, {}},
      OwnedBatch{{},
                 {MakeEntry(1, 1, std::string(300, 'a')), MakeEntry(2, 1, std::string(900, 'b'))}},
      OwnedBatch{{}, {MakeEntry(2, 2, "replaced")}},
      OwnedBatch{HardState{Term(2), NodeId(3)}, {MakeEntry(3, 2, std::string(2000, '\0'))}},
      OwnedBatch{{}, {MakeEntry(4, 2, std::string(1500, 'd'))}},  // in the next segment
      OwnedBatch{{}, {MakeEntry(4, 3, std::string(4500, 'e'))}},  // bigger than a segment
      OwnedBatch{{}, {MakeEntry(5, 3, "")}},
  };
  MemoryDisk disk(&world.scheduler);
  std::vector<Moment> moments = recorder.Record(disk, Model(), steps);
  for (const Moment& moment : moments) {
    ForEachImage(*moment.disk, [&](MemoryDisk& image) { ExpectRecovers(image, moment); });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(images, 3000u);
  EXPECT_GT(whole_batches, 10u);
  EXPECT_LT(whole_batches, images);
}

// Segments vanish from the log's beginning, one after the other, and once the whole log is replaced
// by a snapshot's position.
TEST_F(CrashImageTest, EveryImageOfACompactionAndAResetRecovers) {
  const std::string filling(1700, 'x');  // two batches fill a segment
  std::vector<Step> steps = {OwnedBatch{raft::HardState{Term(1), NodeId(2)}, {}}};
  for (uint64_t i = 1; i <= 7; ++i) {
    steps.push_back(OwnedBatch{{}, {MakeEntry(i, 1, filling)}});
    if (i == 4 || i == 7) steps.push_back(Step::Compact(i - 1));
  }
  steps.push_back(OwnedBatch{raft::HardState{Term(2), NodeId(0)}, {MakeEntry(5, 2, "conflict")}});
  steps.push_back(Step::Reset(6, 2));
  steps.push_back(OwnedBatch{{}, {MakeEntry(7, 2, filling), MakeEntry(8, 2, filling)}});
  steps.push_back(OwnedBatch{raft::HardState{Term(3), NodeId(1)}, {}});
  steps.push_back(Step::Compact(8));
  steps.push_back(OwnedBatch{{}, {MakeEntry(9, 3, filling)}});
  steps.push_back(Step::Reset(100, 3));
  MemoryDisk disk(&world.scheduler);
  std::vector<Moment> moments = recorder.Record(disk, Model(), steps);
  for (const Moment& moment : moments) {
    ForEachImage(*moment.disk, [&](MemoryDisk& image) { ExpectRecovers(image, moment); });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(images, 1000u);
  EXPECT_GT(compacted, 100u);
  EXPECT_EQ(disk.Files().count(SegmentPath("wal", 1)), 0u);
}

// The power may go a second time while the log is being recovered.
TEST_F(CrashImageTest, RecoveryItselfMayBeInterrupted) {
  const std::vector<Step> steps = {
      OwnedBatch{{}, {MakeEntry(1, 1, "first")}},
      OwnedBatch{{},
                 {MakeEntry(2, 1, std::string(800, 'x')), MakeEntry(3, 1, std::string(900, 'y'))}},
      OwnedBatch{{}, {MakeEntry(4, 1, std::string(2000, 'z'))}},
      Step::Reset(7, 2),
  };
  MemoryDisk disk(&world.scheduler);
  std::vector<Moment> moments = recorder.Record(disk, Model(), steps);
  size_t interrupted = 0;
  for (const Moment& moment : moments) {
    ForEachImage(*moment.disk, [&](MemoryDisk& image) {
      if (HasFatalFailure() || !random.Chance(1, 4)) return;
      std::vector<std::unique_ptr<MemoryDisk>> inner;
      image.before = [&](MemoryDisk::Call call, const std::string&) {
        if (ChangesTheDisk(call)) inner.push_back(image.Clone());
        return absl::OkStatus();
      };
      ASSERT_TRUE(world.WithWal(image, [](Wal::Opened&) {}).ok());
      for (const auto& again : inner) {
        std::vector<bool> keep(again->Unsynced().size());
        for (size_t s = 0; s < keep.size(); ++s) keep[s] = random.Chance(1, 2);
        auto left = again->AfterPowerLoss(keep, random.Below(again->unsynced_names() + 1));
        ExpectRecovers(*left, moment);
        ++interrupted;
      }
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(interrupted, 1000u);
}

RC_GTEST_FIXTURE_PROP(CrashImageTest, RandomWorkloadsRecoverFromRandomPowerLosses,
                      (uint64_t seed)) {
  random = env::Random(seed);
  auto disk = std::make_unique<MemoryDisk>(&world.scheduler);
  Model known;
  for (int life = 0; life < 5; ++life) {
    std::vector<Step> steps;
    Model model = known;
    for (uint64_t n = random.Below(12); n > 0; --n) {
      steps.push_back(RandomStep(model, random, random.Chance(1, 8) ? 6000 : 700));
      model.Apply(steps.back());
    }
    std::vector<Moment> moments = recorder.Record(*disk, known, steps);
    const Moment& moment = moments[random.Below(moments.size())];
    std::vector<bool> keep(moment.disk->Unsynced().size());
    const uint64_t kept_of_8 = random.Below(9);
    for (size_t s = 0; s < keep.size(); ++s) keep[s] = random.Chance(kept_of_8, 8);
    disk = moment.disk->AfterPowerLoss(keep, random.Below(moment.disk->unsynced_names() + 1));
    absl::StatusOr<Model> found = world.Read(*disk);
    RC_LOG() << found.status().ToString() << "\n";
    RC_ASSERT(found.ok());
    RC_ASSERT(moment.acknowledged.Allows(*found) || moment.attempted.Allows(*found));
    known = *found;
  }
}

// Each call fails once; afterwards the process dies, with or without a power loss.
TEST_F(CrashImageTest, AnErrorOfAnyCallLosesNothing) {
  size_t failures = 0;
  for (size_t failing = 0;; ++failing) {
    MemoryDisk disk(&world.scheduler);
    size_t calls = 0;
    disk.before = [&](MemoryDisk::Call, const std::string& path) {
      return calls++ == failing ? absl::UnavailableError(path + ": I/O error") : absl::OkStatus();
    };
    Moment moment;
    absl::Status opened = world.WithWal(disk, [&](Wal::Opened& log) {
      absl::Status status;
      for (uint64_t i = 1; i <= 8; ++i) {
        Step step = OwnedBatch{{}, {MakeEntry(i, 1, std::string(random.Between(700, 1500), 'x'))}};
        if (i == 5) step = Step::Compact(3);
        if (i == 7) step = Step::Reset(6, 2);
        if (i == 6) step = OwnedBatch{{}, {MakeEntry(5, 1, std::string(3000, 'y'))}};
        if (i == 8) step = OwnedBatch{{}, {MakeEntry(7, 2, "z")}};
        if (status.ok()) moment.attempted = moment.acknowledged.With(step);
        absl::Status result = step.Do(*log.wal);
        if (i == 5) world.Settle();
        if (!status.ok()) {
          EXPECT_EQ(result, status) << "not poisoned";
        }
        status = result;
        if (!status.ok()) continue;
        moment.acknowledged = moment.attempted;
      }
    });
    if (calls <= failing) break;
    failures += !opened.ok();
    disk.before = nullptr;
    ForEachImage(disk, [&](MemoryDisk& image) { ExpectRecovers(image, moment); });
    ExpectRecovers(disk, moment);
    if (HasFatalFailure()) FAIL() << "call " << failing;
  }
  EXPECT_GT(failures, 5u);
}

// Bit rot: a changed byte anywhere before the last batch is either harmless or found out.
TEST_F(CrashImageTest, NoChangedByteLosesDurableBatchesSilently) {
  MemoryDisk disk(&world.scheduler);
  const std::vector<Step> steps = {
      OwnedBatch{raft::HardState{Term(1), NodeId(1)}, {MakeEntry(1, 1, std::string(40, 'a'))}},
      OwnedBatch{
          {}, {MakeEntry(2, 1, std::string(1400, 'b')), MakeEntry(3, 1, std::string(1500, 'c'))}},
      OwnedBatch{{},
                 {MakeEntry(4, 1, std::string(900, 'd')), MakeEntry(5, 1, "")}},  // second segment
      OwnedBatch{raft::HardState{Term(2), NodeId(0)}, {}},
      OwnedBatch{{}, {MakeEntry(5, 2, "last")}},
  };
  std::vector<Moment> moments = recorder.Record(disk, Model(), steps);
  const Model all = moments.back().acknowledged;
  Model all_but_last;
  for (size_t i = 0; i + 1 < steps.size(); ++i) all_but_last.Apply(steps[i]);
  size_t found_out = 0;
  size_t last_cut = 0;
  for (uint64_t segment : {1, 2}) {
    const std::string path = SegmentPath("wal", segment);
    const std::string good = disk.Files().at(path);
    for (size_t at = 0; at < good.size(); ++at) {
      for (char change : {'\x01', '\x80', '\xff'}) {
        auto copy = disk.Clone();
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ change);
        copy->Put(path, bad);
        absl::StatusOr<Model> read = world.Read(*copy);
        if (!read.ok()) {
          ASSERT_TRUE(absl::IsDataLoss(read.status())) << read.status();
          ++found_out;
        } else if (*read == all_but_last && segment == 2) {
          ++last_cut;  // the price of telling a torn tail by its checksum alone
        } else {
          ASSERT_EQ(*read, all) << path << " byte " << at;
        }
      }
    }
  }
  EXPECT_GT(found_out, 3u * 4000);
  EXPECT_LE(last_cut, 3u * (kRecordHeaderBytes + 17 + 4));
  EXPECT_GT(last_cut, 0u);
}

}  // namespace
}  // namespace konsul::wal
