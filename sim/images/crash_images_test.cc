// The enumeration against counts made by hand, and a planted violation of every promise.
#include "sim/images/crash_images.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/images/check.h"
#include "sim/images/promises.h"

namespace konsul::images {
namespace {

using ::testing::HasSubstr;

// A file of `bytes` bytes under a durable name.
size_t AddFile(ImageState& state, const std::string& name, size_t bytes) {
  const size_t file = state.Add({});
  state.Rename(0, {{name, file}});
  state.SyncDir(0);
  state.Resize(file, bytes);
  state.Sync(file);
  return file;
}

struct Enumerated {
  double possible = 0;
  uint64_t looked = 0;
  std::set<Hash128> distinct;
  bool all = false;
};
Enumerated Enumerate(const ImageState& state, uint64_t bound = 1000) {
  Enumerated out;
  env::Random random(1);
  const CrashImages images(state);
  out.possible = images.possible();
  out.all = images.ForEach(bound, random, [&](const ImageState& image) {
    EXPECT_FALSE(image.HasPending());
    ++out.looked;
    out.distinct.insert(image.Digest());
    return true;
  });
  return out;
}

void ExpectExactly(const ImageState& state, size_t images) {
  const Enumerated all = Enumerate(state);
  EXPECT_TRUE(all.all);
  EXPECT_EQ(all.possible, static_cast<double>(images));
  EXPECT_EQ(all.looked, images);
  EXPECT_EQ(all.distinct.size(), images);
}

TEST(CrashImages, NothingOpenIsOneImage) {
  ImageState state;
  AddFile(state, "a", 1024);
  ExpectExactly(state, 1);
}

TEST(CrashImages, SectorsAreKeptOrNotOnTheirOwn) {
  ImageState state;
  const size_t file = AddFile(state, "a", 4 * kSector);
  state.Write(file, 500, std::string(600, 'x'));  // three sectors
  ExpectExactly(state, 8);
  state.Sync(file);
  ExpectExactly(state, 1);
}

TEST(CrashImages, ASectorMayBeWhatItWasBetweenTwoWrites) {
  ImageState state;
  const size_t file = AddFile(state, "a", 4 * kSector);
  state.Write(file, 0, "x");
  state.Write(file, 1, "y");
  state.Write(file, kSector, "z");
  ExpectExactly(state, 3 * 2);
  state.Write(file, kSector, std::string(1, '\0'));  // as it was before: no version of its own
  ExpectExactly(state, 3 * 2);
}

TEST(CrashImages, GrowthIsKeptInWholeSectorsOrEntirely) {
  ImageState state;
  const size_t file = AddFile(state, "a", 0);
  state.Write(file, 0, std::string(kSector + 100, 'x'));
  // Nothing, one sector or both; each old (zeros) or new.
  ExpectExactly(state, 1 + 2 + 4);
}

TEST(CrashImages, TruncationMayBeLost) {
  ImageState state;
  const size_t file = AddFile(state, "a", 0);
  state.Write(file, 0, std::string(kSector, 'x'));
  state.Sync(file);
  state.Resize(file, 0);
  // Empty; or the whole sector, which may have been made zeros.
  ExpectExactly(state, 1 + 2);
}

TEST(CrashImages, APrefixOfTheNamesIsKept) {
  ImageState state;
  const size_t a = AddFile(state, "a", 10);
  state.Rename(0, {{"b", a}, {"a", std::nullopt}});
  const size_t c = state.Add({});
  state.Rename(0, {{"c", c}});
  state.Write(c, 0, "1");
  // a; b; b and c, which has 0 or 1 bytes, the byte old or new.
  ExpectExactly(state, 1 + 1 + 3);
}

TEST(CrashImages, DirectoriesAreIndependentButNeedTheirOwnName) {
  ImageState state;
  const size_t directory = state.Add({.directory = true});
  state.Rename(0, {{"d", directory}});
  state.Rename(directory, {{"f", state.Add({})}});
  state.Rename(directory, {{"g", state.Add({})}});
  ExpectExactly(state, 1 + 3);
  state.SyncDir(0);
  ExpectExactly(state, 3);
}

TEST(CrashImages, OfTooManyASampleWithTheExtremes) {
  ImageState state;
  const size_t file = AddFile(state, "a", 40 * kSector);
  state.Write(file, 0, std::string(40 * kSector, 'x'));
  const Enumerated some = Enumerate(state, 200);
  EXPECT_FALSE(some.all);
  EXPECT_EQ(some.possible, static_cast<double>(1ull << 40));
  EXPECT_EQ(some.looked, 200u);
  EXPECT_GT(some.distinct.size(), 150u);
  EXPECT_EQ(some.distinct.count(state.Digest()), 1u) << "everything kept";
  EXPECT_EQ(some.distinct.count(state.WithoutPending().Digest()), 1u) << "everything lost";
}

class PromisesTest : public ::testing::Test {
 protected:
  PromisesTest() {
    auto sent = std::make_shared<std::map<std::pair<Index, Term>, raft::Entry>>();
    auto log = std::make_shared<Log>();
    for (uint64_t i = 1; i <= 5; ++i) {
      log->push_back({Index(i), Term(1)});
      (*sent)[{Index(i), Term(1)}] = log->back();
    }
    (*sent)[{Index(3), Term(2)}] = {Index(3), Term(2)};
    promises.id = found.id = NodeId(7);
    promises.cluster = found.cluster = ClusterId(8);
    promises.term = Term(2);
    promises.vote = NodeId(3);
    promises.highest_term = Term(3);
    promises.kept = {{log, Index(4)}};
    promises.sent = sent;
    promises.digests = std::make_shared<std::map<Index, Hash128>>(
        std::map<Index, Hash128>{{Index(2), Hash128{1, 2}}});
    found.hard_state = {Term(2), NodeId(3)};
    found.entries = {log->begin(), log->begin() + 4};
  }

  void ExpectWrong(const std::string& text) { EXPECT_THAT(promises.Judge(found), HasSubstr(text)); }

  Promises promises;
  Found found;
};

TEST_F(PromisesTest, WhatWasPromisedIsEnoughAndMoreIsAllowed) {
  EXPECT_EQ(promises.Judge(found), "");
  found.entries.push_back({Index(5), Term(1)});
  EXPECT_EQ(promises.Judge(found), "");
  found.hard_state = {Term(3), NodeId()};
  EXPECT_EQ(promises.Judge(found), "");
  found.entries.erase(found.entries.begin(), found.entries.begin() + 2);
  found.snapshot = {Index(2), Term(1)};
  found.applied = Index(2);
  found.digest = Hash128{1, 2};
  EXPECT_EQ(promises.Judge(found), "");
}

TEST_F(PromisesTest, EveryBrokenPromiseIsNoticed) {
  const auto spoiled = [&](const std::string& text, const std::function<void()>& spoil) {
    const Found good = found;
    spoil();
    ExpectWrong(text);
    found = good;
  };
  spoiled("recovery fails", [&] { found.status = absl::DataLossError("gone"); });
  spoiled("the server is now", [&] { found.id = NodeId(9); });
  spoiled("the cluster id is lost", [&] { found.cluster = ClusterId(); });
  spoiled("others were told term 2", [&] { found.hard_state = {Term(1), NodeId(3)}; });
  spoiled("others were told term 2", [&] { found.hard_state = {Term(2), NodeId()}; });
  spoiled("comes from nowhere", [&] { found.hard_state = {Term(4), NodeId()}; });
  spoiled("were acknowledged", [&] { found.entries.pop_back(); });
  spoiled("were acknowledged", [&] { found.entries.clear(); });
  spoiled("nobody wrote", [&] { found.entries[3].term = Term(3); });
  spoiled("nobody wrote", [&] { found.entries[3].payload = raft::MakePayload("other"); });
  spoiled("follows", [&] { found.entries.erase(found.entries.begin() + 1); });
  spoiled("follows", [&] { found.entries.erase(found.entries.begin()); });
  spoiled("follows", [&] { found.entries[2].term = Term(2); });  // 4/1 behind 3/2
  spoiled("not those of the snapshot", [&] {
    found.snapshot = {Index(2), Term(1)};
    found.applied = Index(2);
  });
  promises.snapshot = Index(2);
  ExpectWrong("but one that ends at 2 was finished");
}

TEST_F(PromisesTest, ASuffixUnderReplacementIsOldOrNewButNotGone) {
  auto next = std::make_shared<Log>(promises.kept.front().log->begin(),
                                    promises.kept.front().log->begin() + 2);
  next->push_back({Index(3), Term(2)});
  promises.kept.push_back({next, Index(3)});
  EXPECT_EQ(promises.Judge(found), "");
  found.entries = *next;
  EXPECT_EQ(promises.Judge(found), "");
  found.entries.pop_back();
  ExpectWrong("were acknowledged");
}

TEST(CheckCrashImages, AServersPromisesSurvive) {
  std::string directory = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  directory += "/konsul-images-test-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  CheckOptions options;
  options.directory = directory;
  options.bound = 16;
  options.workload = "compaction";
  const CheckResult result = CheckCrashImages(options);
  const CheckResult again = CheckCrashImages(options);
  std::filesystem::remove_all(directory);
  ASSERT_EQ(result.workloads.size(), 1u);
  const WorkloadResult& compaction = result.workloads.front();
  EXPECT_EQ(compaction.finding, "");
  EXPECT_GT(compaction.barriers, 30u);
  EXPECT_GT(compaction.distinct, 100u);
  EXPECT_EQ(compaction.recoveries, 3 * (compaction.distinct + compaction.ended));
  EXPECT_EQ(again.workloads.front().tried, compaction.tried);
  EXPECT_EQ(again.workloads.front().distinct, compaction.distinct);
}

}  // namespace
}  // namespace konsul::images
