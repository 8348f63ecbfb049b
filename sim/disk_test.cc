// What a disk keeps: a simple model says what a power loss may leave, and the errors are those
// asked for. What files do otherwise is the contract suite's business (tests/contract).
#include "sim/disk.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "sim/disk_queue.h"
#include "sim/disk_store.h"
#include "sim/file_image.h"
#include "sim/world.h"

namespace konsul::sim {
namespace {

constexpr uint64_t kSector = FileImage::kSector;

// The dumb model: for every sector, all versions since it was last certainly durable, the oldest
// first; and likewise all sizes.
class Model {
 public:
  void Write(uint64_t offset, const std::string& data) {
    if (data.empty()) return;
    if (content_.size() < offset + data.size()) content_.resize(offset + data.size());
    content_.replace(offset, data.size(), data);
    Changed();
  }
  void Truncate(uint64_t size) {
    content_.resize(size);
    Changed();
  }
  void Synced() {
    versions_.clear();
    Changed();
  }
  const std::string& content() const { return content_; }

  // Each sector is as some version had it, bytes beyond a version's end being zeros; the size is
  // between the least and the greatest.
  void Check(const std::string& left) const {
    size_t least = SIZE_MAX, greatest = 0;
    for (const std::string& version : versions_) {
      least = std::min(least, version.size());
      greatest = std::max(greatest, version.size());
    }
    RC_ASSERT(left.size() >= least);
    RC_ASSERT(left.size() <= greatest);
    for (uint64_t at = 0; at < left.size(); at += kSector) {
      const std::string sector = left.substr(at, kSector);
      bool found = false;
      for (const std::string& version : versions_) {
        std::string was = version.size() > at ? version.substr(at, kSector) : "";
        was.resize(kSector);
        was.resize(sector.size());
        found = found || was == sector;
      }
      RC_ASSERT(found);
    }
  }

 private:
  void Changed() { versions_.push_back(content_); }

  std::string content_;
  std::vector<std::string> versions_ = {""};
};

RC_GTEST_PROP(FileImage, APowerLossLeavesOldOrNewSectorsAndWhatWasSynced, ()) {
  FileImage image;
  Model model;
  env::Random random(*rc::gen::arbitrary<uint64_t>());
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    const uint64_t what = random.Below(8);
    if (what <= 4) {
      const uint64_t offset = random.Below(4000);
      const std::string data(random.Below(3000), static_cast<char>('a' + random.Below(26)));
      image.Write(offset, data, random);
      model.Write(offset, data);
    } else if (what == 5) {
      const uint64_t size = random.Below(6000);
      image.Truncate(size);
      model.Truncate(size);
    } else {
      image.SyncSucceeded(image.BeginSync());
      model.Synced();
      RC_ASSERT(!image.HasUnsynced());
    }
    RC_ASSERT(image.Content() == model.content());
  }
  image.PowerLoss(random);
  model.Check(image.Content());
  RC_ASSERT(!image.HasUnsynced());
  // And what is left is durable.
  const std::string left = image.Content();
  image.PowerLoss(random);
  RC_ASSERT(image.Content() == left);
}

TEST(FileImage, EveryOutcomeOfAPowerLossHappens) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    env::Random random(seed);
    FileImage image;
    image.Write(0, std::string(2 * kSector, 'a'), random);
    image.SyncSucceeded(image.BeginSync());
    image.Write(0, std::string(3 * kSector, 'b'), random);
    image.PowerLoss(random);
    std::string short_form;
    const std::string content = image.Content();
    for (size_t at = 0; at < content.size(); at += kSector) short_form += content[at];
    outcomes.insert(short_form);
  }
  std::set<std::string> all;
  for (const char first : {'a', 'b'}) {
    for (const char second : {'a', 'b'}) {
      all.insert({first, second});
      all.insert({first, second, 'b'});
      all.insert({first, second, '\0'});
    }
  }
  EXPECT_EQ(outcomes, all);
}

TEST(FileImage, ASectorWrittenTwiceMayBeFoundAsItWasBetween) {
  std::set<char> outcomes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    env::Random random(seed);
    FileImage image;
    for (const char c : {'a', 'b', 'c'}) {
      image.Write(0, std::string(kSector, c), random);
      if (c == 'a') image.SyncSucceeded(image.BeginSync());
    }
    image.PowerLoss(random);
    outcomes.insert(image.Content()[0]);
  }
  EXPECT_EQ(outcomes, (std::set<char>{'a', 'b', 'c'}));
}

TEST(FileImage, ASyncCoversWhatWasWrittenBeforeItBegan) {
  bool lost = false, kept = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    env::Random random(seed);
    FileImage image;
    image.Write(0, std::string(kSector, 'a'), random);
    const uint64_t ticket = image.BeginSync();
    image.Write(0, std::string(kSector, 'b'), random);
    image.SyncSucceeded(ticket);
    EXPECT_TRUE(image.HasUnsynced());
    image.PowerLoss(random);
    const std::string content = image.Content();
    ASSERT_EQ(content.size(), kSector);
    ASSERT_TRUE(content[0] == 'a' || content[0] == 'b');
    (content[0] == 'a' ? lost : kept) = true;
  }
  EXPECT_TRUE(lost && kept);
}

TEST(FileImage, ASyncThatSucceedsAfterOneThatFailedProvesNothing) {
  bool lost = false, kept = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    env::Random random(seed);
    FileImage image;
    image.Write(0, std::string(2 * kSector, 'a'), random);
    image.SyncSucceeded(image.BeginSync());
    image.Write(0, std::string(2 * kSector, 'b'), random);
    image.SyncFailed(image.BeginSync());
    image.Write(kSector, std::string(kSector, 'c'), random);
    image.SyncSucceeded(image.BeginSync());
    EXPECT_TRUE(image.HasUnsynced());
    image.PowerLoss(random);
    const std::string content = image.Content();
    EXPECT_EQ(content[kSector], 'c');  // written again, and synced
    (content[0] == 'a' ? lost : kept) = true;
  }
  EXPECT_TRUE(lost && kept);
}

TEST(FileImage, AnAbandonedSyncIsCoveredByTheNext) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    env::Random random(seed);
    FileImage image;
    image.Write(0, "first", random);
    image.BeginSync();
    image.Write(5, " second", random);
    image.SyncSucceeded(image.BeginSync());
    EXPECT_FALSE(image.HasUnsynced());
    image.PowerLoss(random);
    EXPECT_EQ(image.Content(), "first second");
  }
}

TEST(FileImage, PreallocatedSpaceStays) {
  env::Random random(1);
  FileImage image;
  image.Truncate(100 << 20);
  image.SyncSucceeded(image.BeginSync());
  image.Write(50 << 20, "x", random);
  image.PowerLoss(random);
  EXPECT_EQ(image.size(), 100u << 20);
}

// Names -------------------------------------------------------------------------------------------

std::shared_ptr<DiskNode> Create(DiskStore& store, const std::string& path,
                                 const std::string& text) {
  env::Random random(1);
  auto node = store.Open(path, env::OpenMode::kCreateNew).value();
  node->image.Write(0, text, random);
  node->image.SyncSucceeded(node->image.BeginSync());
  return node;
}

std::string Text(const DiskStore& store, const std::string& path) {
  const auto node = store.Find(path);
  return node == nullptr ? "(none)" : node->image.Content();
}

TEST(DiskStore, NamesThatWereSyncedSurviveAndOthersMay) {
  std::set<std::vector<std::string>> outcomes;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    DiskStore store;
    Create(store, "a", "a");
    ASSERT_TRUE(store.SyncDir("").ok());
    Create(store, "b", "b");
    Create(store, "c", "c");
    ASSERT_TRUE(store.Remove("a").ok());
    env::Random random(seed);
    store.PowerLoss(random);
    outcomes.insert(store.Paths());
  }
  const std::set<std::vector<std::string>> expected = {
      {"a"}, {"a", "b"}, {"a", "b", "c"}, {"b", "c"}};
  EXPECT_EQ(outcomes, expected);
}

TEST(DiskStore, ARenameReplacesAtomicallyOrNotAtAll) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    DiskStore store;
    Create(store, "f", "old");
    Create(store, "f.tmp", "new");
    ASSERT_TRUE(store.SyncDir("").ok());
    ASSERT_TRUE(store.Rename("f.tmp", "f").ok());
    env::Random random(seed);
    store.PowerLoss(random);
    outcomes.insert(absl::StrCat(Text(store, "f"), " ", Text(store, "f.tmp")));
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"old new", "new (none)"}));
}

TEST(DiskStore, ARenameBetweenDirectoriesNeverLosesBothNames) {
  std::set<std::string> outcomes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const char* sync : {"", "a", "b"}) {
      DiskStore store;
      ASSERT_TRUE(store.CreateDir("a").ok() && store.CreateDir("b").ok());
      Create(store, "a/f", "x");
      for (const char* directory : {"", "a", "b"}) ASSERT_TRUE(store.SyncDir(directory).ok());
      ASSERT_TRUE(store.Rename("a/f", "b/f").ok());
      if (*sync != '\0') {
        ASSERT_TRUE(store.SyncDir(sync).ok());
      }
      env::Random random(seed);
      store.PowerLoss(random);
      const bool in_a = Text(store, "a/f") == "x";
      const bool in_b = Text(store, "b/f") == "x";
      EXPECT_TRUE(in_a || in_b);
      if (*sync != '\0') {
        EXPECT_TRUE(in_b && !in_a);
      }
      outcomes.insert(absl::StrCat(sync, in_a, in_b));
    }
  }
  EXPECT_GE(outcomes.size(), 4u);
}

TEST(DiskStore, ALostDirectoryTakesItsFilesAlong) {
  bool lost = false, kept = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    DiskStore store;
    ASSERT_TRUE(store.CreateDir("d/e").ok());
    Create(store, "d/e/f", "x");
    ASSERT_TRUE(store.SyncDir("d/e").ok() && store.SyncDir("d").ok());
    env::Random random(seed);
    store.PowerLoss(random);
    (store.Paths().empty() ? lost : kept) = true;
  }
  EXPECT_TRUE(lost && kept);
}

// A whole host ------------------------------------------------------------------------------------

TEST(SimDisk, SyncedBytesSurviveEveryPowerLoss) {
  int unsynced_lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    Host& host = world.AddHost("10.0.0.1");
    uint64_t synced = 0;
    const auto main = [&](env::Env env) {
      auto file = env.disk.Open("log", env::OpenMode::kCreate);
      if (!file.ok()) return;
      if (!env.disk.SyncDir("").ok()) return;
      auto size = (*file)->Size();
      if (!size.ok()) return;
      for (uint64_t at = synced;; at += 100) {
        if (!(*file)->WriteAt(at, std::string(100, static_cast<char>('a' + at / 100 % 26))).ok()) {
          return;
        }
        if (at % 300 == 0) {
          if (!(*file)->Sync().ok()) return;
          synced = at + 100;
        }
      }
    };
    for (int life = 0; life < 5; ++life) {
      host.Start(main);
      world.RunFor(Duration(static_cast<int64_t>(world.Fork("t").Below(50'000'000))) + 1ms);
      host.PowerLoss();
      const std::string content = host.disk().Content("log");
      ASSERT_GE(content.size(), synced);
      for (uint64_t at = 0; at < synced; ++at) {
        ASSERT_EQ(content[at], static_cast<char>('a' + at / 100 % 26)) << at;
      }
      if (content.size() == synced) ++unsynced_lost;
    }
  }
  EXPECT_GT(unsynced_lost, 10);
}

class DiskFaults : public ::testing::Test {
 protected:
  void Run(std::function<void(env::Env&, env::File&)> body) {
    host_.Start([body](env::Env env) {
      auto file = env.disk.Open("dir.log", env::OpenMode::kCreate);
      if (file.ok()) body(env, **file);
    });
    ASSERT_TRUE(world_.RunUntilTrue([&] { return !host_.running(); }, 1h));
  }

  World world_{3};
  Host& host_ = world_.AddHost("10.0.0.1");
};

TEST_F(DiskFaults, StrikeAsOftenAsArmedWhereArmed) {
  host_.disk().Arm({.ops = kDiskWrite, .glob = "*.log", .times = 2});
  host_.disk().Arm({.ops = kDiskSync, .glob = "*.log", .error = DiskError::kNoSpace, .times = 1});
  Run([](env::Env& env, env::File& file) {
    auto other = env.disk.Open("other", env::OpenMode::kCreate);
    EXPECT_TRUE((*other)->WriteAt(0, "x").ok());
    for (int i = 0; i < 2; ++i) {
      const absl::Status status = file.WriteAt(0, "x");
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_NE(status.message().find("dir.log"), absl::string_view::npos) << status;
    }
    EXPECT_TRUE(file.WriteAt(0, "x").ok());
    EXPECT_TRUE(absl::IsResourceExhausted(file.Sync()));
    EXPECT_TRUE(file.Sync().ok());
  });
}

TEST_F(DiskFaults, AFailingSyncMayFailForGoodUntilDisarmed) {
  const uint64_t fault = host_.disk().Arm({.ops = kDiskSync});
  Run([](env::Env&, env::File& file) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(absl::IsUnavailable(file.Sync()));
  });
  host_.disk().Disarm(fault);
  Run([](env::Env&, env::File& file) { EXPECT_TRUE(file.Sync().ok()); });
}

TEST_F(DiskFaults, ALikelihoodIsALikelihood) {
  host_.disk().Arm({.ops = kDiskRead, .ppm = 300'000});
  int failed = 0;
  Run([&](env::Env&, env::File& file) {
    char byte;
    for (int i = 0; i < 1000; ++i) {
      if (!file.ReadAt(0, absl::MakeSpan(&byte, 1)).ok()) ++failed;
    }
  });
  EXPECT_GT(failed, 200);
  EXPECT_LT(failed, 400);
}

TEST_F(DiskFaults, AFullDiskRefusesGrowthOnly) {
  host_.disk().SetCapacity(10'000);
  Run([](env::Env&, env::File& file) {
    EXPECT_TRUE(file.Allocate(9'000).ok());
    EXPECT_TRUE(absl::IsResourceExhausted(file.Allocate(11'000)));
    EXPECT_TRUE(absl::IsResourceExhausted(file.WriteAt(8'000, std::string(3'000, 'x'))));
    EXPECT_TRUE(file.WriteAt(8'000, std::string(1'000, 'x')).ok());
    EXPECT_TRUE(file.WriteAt(9'000, std::string(1'000, 'x')).ok());
  });
  EXPECT_EQ(host_.disk().used(), 10'000u);
}

TEST_F(DiskFaults, SlowSyncsAreSlow) {
  host_.disk().SetSyncSlowness(100'000);
  Run([](env::Env& env, env::File& file) {
    const Instant begin = env.clock.Now();
    EXPECT_TRUE(file.WriteAt(0, "x").ok());
    EXPECT_LT(env.clock.Now() - begin, Duration(10ms));
    EXPECT_TRUE(file.Sync().ok());
    EXPECT_GT(env.clock.Now() - begin, Duration(190ms));
  });
}

TEST_F(DiskFaults, AStalledDiskHangsAndThenGoesOn) {
  host_.disk().SetStalled(kDiskSync);
  bool synced = false;
  host_.Start([&](env::Env env) {
    auto file = env.disk.Open("dir.log", env::OpenMode::kCreate);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE((*file)->WriteAt(0, "x").ok()) << "writes do not hang";
    EXPECT_TRUE((*file)->Sync().ok());
    synced = true;
  });
  world_.RunFor(60s);
  EXPECT_FALSE(synced);
  EXPECT_TRUE(host_.disk().HasUnsynced("dir.log"));
  host_.disk().SetStalled(0);
  world_.RunFor(1ms);
  EXPECT_TRUE(synced);
  EXPECT_FALSE(host_.disk().HasUnsynced("dir.log"));
}

TEST_F(DiskFaults, AProcessMayDieWhileItsDiskHangs) {
  host_.disk().SetStalled(kDiskAnyOp);
  host_.Start([&](env::Env env) { (void)env.disk.Open("dir.log", env::OpenMode::kCreate); });
  world_.RunFor(1s);
  host_.Kill();
  EXPECT_FALSE(host_.running());
  host_.disk().SetStalled(0);
  world_.RunFor(1s);
}

TEST_F(DiskFaults, AFaultIsSpentWhenItHasStruckOftenEnough) {
  const uint64_t number = host_.disk().Arm({.ops = kDiskSync, .times = 1});
  EXPECT_FALSE(host_.disk().Spent(number));
  Run([](env::Env&, env::File& file) { EXPECT_FALSE(file.Sync().ok()); });
  EXPECT_TRUE(host_.disk().Spent(number));
}

TEST_F(DiskFaults, ARestoredFileIsDurable) {
  host_.disk().Restore("dir.log", "from the backup");
  host_.PowerLoss();
  EXPECT_EQ(host_.disk().Content("dir.log"), "from the backup");
  EXPECT_TRUE(host_.disk().FlipBit("dir.log", 3));
  EXPECT_NE(host_.disk().Content("dir.log"), "from the backup");
  EXPECT_FALSE(host_.disk().FlipBit("dir.log", 8 * 15));
  EXPECT_FALSE(host_.disk().FlipBit("none", 0));
}

TEST_F(DiskFaults, RotAndMisdirectedWritesAreSilent) {
  const std::string zeros(10 * kSector, '0');
  Run([&](env::Env&, env::File& file) {
    EXPECT_TRUE(file.WriteAt(0, zeros).ok());
    EXPECT_TRUE(file.Sync().ok());
  });
  EXPECT_EQ(host_.disk().Rot("none", 1), 0u);
  EXPECT_EQ(host_.disk().Rot("*.log", 1), 1u);
  const std::string rotten = host_.disk().Content("dir.log");
  EXPECT_NE(rotten, zeros);
  host_.disk().Arm({.ops = kDiskWrite, .error = DiskError::kMisdirect, .times = 1});
  Run([&](env::Env&, env::File& file) {
    EXPECT_TRUE(file.WriteAt(5 * kSector, std::string(kSector, 'x')).ok());
  });
  const std::string misdirected = host_.disk().Content("dir.log");
  EXPECT_EQ(misdirected.size(), zeros.size());
  EXPECT_NE(misdirected, rotten);
}

TEST_F(DiskFaults, AWipedDiskIsEmpty) {
  Run([](env::Env&, env::File& file) { EXPECT_TRUE(file.WriteAt(0, "x").ok()); });
  host_.disk().Wipe();
  host_.PowerLoss();
  EXPECT_TRUE(host_.disk().Paths().empty());
  EXPECT_EQ(host_.disk().used(), 0u);
}

TEST(Glob, Matches) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("wal/*.seg", "wal/000001.seg"));
  EXPECT_TRUE(GlobMatches("*a*b", "xaxxab"));
  EXPECT_TRUE(GlobMatches("?", "x"));
  EXPECT_FALSE(GlobMatches("?", ""));
  EXPECT_FALSE(GlobMatches("wal/*.seg", "wal/000001.se"));
  EXPECT_FALSE(GlobMatches("", "x"));
}

}  // namespace
}  // namespace konsul::sim
