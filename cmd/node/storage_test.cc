// What a start makes of a data directory, for every moment at which the process or the power may
// have gone before it, and for what no crash leaves (docs/formats/recovery.md).
#include "cmd/node/storage.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/fiber/stack_pool.h"
#include "core/state/memory_store_support.h"
#include "core/wire/command.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/snapshot/store.h"
#include "storage/wal/memory_disk_support.h"

namespace konsul::node {
namespace {

using ::testing::HasSubstr;
using wal::MemoryDisk;

struct StoppedClock final : env::Clock {
  Instant Now() const override { return Instant{0}; }
  WallTime WallNow() const override { return WallTime{}; }
};

struct NoNetwork final : env::Network {
  absl::StatusOr<std::unique_ptr<env::Stream>> Dial(const env::Endpoint&, Instant) override {
    return absl::UnavailableError("");
  }
  absl::StatusOr<std::unique_ptr<env::Listener>> Listen(const env::Endpoint&) override {
    return absl::UnavailableError("");
  }
  absl::StatusOr<std::unique_ptr<env::DatagramSocket>> Bind(const env::Endpoint&) override {
    return absl::UnavailableError("");
  }
};

// What the cluster has agreed upon: entry `index` is always the same.
raft::Entry EntryAt(uint64_t index) {
  const uint64_t term = 1 + index / 15;
  const std::string value = absl::StrCat(std::string(500, 'v'), index);
  std::string key = absl::StrCat("k", index % 7);
  return {Index(index), Term(term), raft::EntryKind::kCommand,
          raft::MakePayload(wire::EncodeCommand(wire::KvPut{key, value}))};
}

std::vector<raft::Entry> Entries(uint64_t first, uint64_t last) {
  std::vector<raft::Entry> entries;
  for (uint64_t index = first; index <= last; ++index) entries.push_back(EntryAt(index));
  return entries;
}

absl::Status Apply(state::TableMachine& machine, uint64_t last) {
  std::vector<raft::Entry> entries = Entries(machine.applied().value + 1, last);
  std::vector<state::Committed> committed;
  for (const raft::Entry& entry : entries) committed.push_back({entry.index, *entry.payload});
  return machine.Apply(committed).status();
}

server::SnapshotMeta MetaAt(uint64_t index, const Hash128& digest) {
  server::SnapshotMeta meta;
  meta.point.last = {Index(index), EntryAt(index).term};
  meta.point.configuration_index = Index(1);
  meta.point.configuration.voters = {{NodeId(7), "n1", "10.0.0.1:8300"}};
  meta.digest = digest;
  return meta;
}

absl::Status WriteSnapshot(server::SnapshotStore& store, state::TableMachine& machine) {
  KONSUL_ASSIGN_OR_RETURN(const auto frozen, machine.Freeze());
  KONSUL_ASSIGN_OR_RETURN(const auto writer,
                          store.Create(MetaAt(frozen.applied.value, frozen.digest)));
  state::Row row;
  while (frozen.rows->Next(row).value()) KONSUL_RETURN_IF_ERROR(writer->Add(row));
  return writer->Finish().status();
}

class StorageTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kRemoteIndex = 40;

  StorageTest() {
    const char* base = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    directory = absl::StrCat(base, "/konsul-storage-test-XXXXXX");
    KONSUL_CHECK(::mkdtemp(directory.data()) != nullptr);
    state::MemoryStore store;
    const auto machine = state::TableMachine::Open(store).value();
    for (uint64_t index = 0; index <= 60; ++index) {
      if (index > 0) KONSUL_CHECK(Apply(*machine, index).ok());
      digests.push_back(machine->digest());
    }
    MakeRemote();
  }
  ~StorageTest() override { std::filesystem::remove_all(directory); }

  // The snapshot that the leader has at kRemoteIndex.
  void MakeRemote() {
    MemoryDisk elsewhere(&scheduler);
    OnFiber([&] {
      state::MemoryStore tables;
      const auto machine = state::TableMachine::Open(tables).value();
      KONSUL_CHECK(Apply(*machine, kRemoteIndex).ok());
      const auto store =
          snapshot::Open(elsewhere, snapshot::Options(), NullLogger(), scheduler).value();
      KONSUL_CHECK(WriteSnapshot(*store, *machine).ok());
      remote = *store->latest();
    });
    remote_bytes = elsewhere.Files().begin()->second;
  }

  void OnFiber(const std::function<void()>& body) {
    fiber::Group group(scheduler);
    group.Spawn("test", body);
    scheduler.Run(Instant{0});
    KONSUL_CHECK(group.empty(), "a fiber hangs");
  }

  StorageOptions Options() const {
    return {.name = "n1",
            .wal_segment_bytes = 4096,
            .tables_path = directory + "/tables",
            .tables_in_memory = true,
            .boot_id = absl::StrCat("boot-", boots)};
  }
  // Opens, hands over, closes as a process that ends. Returns Open's status.
  absl::Status WithStorage(MemoryDisk& disk, const std::function<void(Storage&)>& body) {
    absl::Status status;
    OnFiber([&] {
      Storage storage(scheduler);
      const env::Env env{clock, network, disk, env::Random(3), scheduler, NullLogger()};
      status = storage.Open(env, Options());
      if (status.ok()) body(storage);
    });
    return status;
  }

  absl::Status Append(Storage& storage, uint64_t first, uint64_t last, uint64_t vote = 0) {
    std::optional<raft::HardState> hard_state;
    if (vote != 0) hard_state = raft::HardState{EntryAt(last).term, NodeId(vote)};
    const std::vector<raft::Entry> entries = Entries(first, last);
    return storage.log().Append({hard_state, entries});
  }
  void Settle() {
    while (scheduler.HasRunnable() && scheduler.Yield().ok()) {
    }
  }

  // The life of a server: entries are stored and applied, a snapshot is written and the log
  // compacted, it falls behind and gets a snapshot from the leader, and goes on. `durable` is what
  // it has told others that it has.
  absl::Status Live(Storage& storage, uint64_t& durable) {
    for (uint64_t index = 1; index <= 20; index += 4) {
      KONSUL_RETURN_IF_ERROR(Append(storage, index, index + 3, 5));
      durable = index + 3;
      KONSUL_RETURN_IF_ERROR(Apply(storage.machine(), durable - 1));
    }
    KONSUL_RETURN_IF_ERROR(WriteSnapshot(storage.snapshots(), storage.machine()));
    KONSUL_RETURN_IF_ERROR(storage.log().Compact(Index(17)));
    Settle();
    KONSUL_RETURN_IF_ERROR(Append(storage, 21, 24, 6));
    durable = 24;
    {
      KONSUL_ASSIGN_OR_RETURN(const auto receiver, storage.snapshots().Receive(remote));
      const uint64_t from = receiver->offset();
      KONSUL_RETURN_IF_ERROR(receiver->Write(from, absl::string_view(remote_bytes).substr(from)));
      KONSUL_RETURN_IF_ERROR(receiver->Finish().status());
    }
    KONSUL_RETURN_IF_ERROR(storage.log().Reset(remote.point.last));
    durable = kRemoteIndex;
    {
      KONSUL_ASSIGN_OR_RETURN(const auto file, storage.snapshots().OpenLatest());
      const auto rows = file->Rows();
      KONSUL_RETURN_IF_ERROR(storage.machine().Restore(*rows));
    }
    KONSUL_RETURN_IF_ERROR(Append(storage, kRemoteIndex + 1, 50, 7));
    durable = 50;
    return Apply(storage.machine(), 49);
  }

  // What consensus is given makes sense, holds what was promised, and the tables are what they say.
  void ExpectSound(Storage& storage, uint64_t durable) {
    const Index applied = storage.machine().applied();
    EXPECT_EQ(storage.machine().digest(), digests[applied.value]);
    const raft::Recovered recovered = storage.TakeRecovered();
    const Index snapshot = recovered.snapshot.last.index;
    EXPECT_EQ(recovered.applied, applied);
    EXPECT_GE(applied, snapshot);
    Index end = snapshot;
    if (!recovered.entries.empty()) {
      EXPECT_LE(recovered.entries.front().index, snapshot + 1);
      EXPECT_GE(recovered.entries.back().index, snapshot);
      for (size_t i = 0; i < recovered.entries.size(); ++i) {
        const Index index = recovered.entries.front().index + i;
        EXPECT_EQ(recovered.entries[i], EntryAt(index.value));
      }
      end = recovered.entries.back().index;
    }
    EXPECT_LE(applied, end);
    EXPECT_GE(end, Index(durable)) << "promised entries are gone";
    if (durable >= 4) {
      EXPECT_GE(recovered.hard_state.vote, NodeId(5)) << "the vote is gone";
    }
    if (recovered.snapshot.last.index > Index()) {
      EXPECT_EQ(storage.snapshots().latest()->digest, digests[snapshot.value]);
      EXPECT_FALSE(recovered.snapshot.configuration.empty());
    }
    // And it goes on from there.
    EXPECT_TRUE(Append(storage, end.value + 1, end.value + 1).ok());
    EXPECT_TRUE(Apply(storage.machine(), end.value + 1).ok());
  }

  void WipeTables() { std::filesystem::remove_all(directory + "/tables"); }

  fiber::StackPool stacks;
  fiber::Scheduler scheduler{stacks};
  StoppedClock clock;
  NoNetwork network;
  std::string directory;
  int boots = 0;
  std::vector<Hash128> digests;  // of the state at each index
  server::SnapshotMeta remote;
  std::string remote_bytes;
};

TEST_F(StorageTest, AWholeLifeIsFoundAgain) {
  MemoryDisk disk(&scheduler);
  uint64_t durable = 0;
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                EXPECT_TRUE(storage.TakeRecovered().entries.empty());
                const absl::Status lived = Live(storage, durable);
                EXPECT_TRUE(lived.ok()) << lived;
              }).ok());
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                EXPECT_EQ(storage.machine().applied(), Index(49));
                ExpectSound(storage, 50);
              }).ok());
}

// At every call to the disk: the process is killed, or the power goes.
TEST_F(StorageTest, EveryMomentOfALifeIsRecoveredFrom) {
  env::Random random(17);
  size_t moments = 0;
  for (size_t last_call = 0;; ++last_call) {
    MemoryDisk disk(&scheduler);
    WipeTables();
    uint64_t durable = 0;
    size_t calls = 0;
    disk.before = [&](MemoryDisk::Call, const std::string&) {
      return ++calls > last_call ? absl::CancelledError("killed") : absl::OkStatus();
    };
    absl::Status lived;
    (void)WithStorage(disk, [&](Storage& storage) { lived = Live(storage, durable); });
    disk.before = nullptr;
    if (calls <= last_call) break;
    ++moments;

    std::vector<bool> keep(disk.Unsynced().size());
    const uint64_t kept_of_4 = random.Below(5);
    for (size_t i = 0; i < keep.size(); ++i) keep[i] = random.Chance(kept_of_4, 4);
    const auto after = disk.AfterPowerLoss(keep, random.Below(disk.unsynced_names() + 1));
    for (const bool power_loss : {false, true}) {
      if (power_loss) ++boots;
      const absl::Status found = WithStorage(
          power_loss ? *after : disk, [&](Storage& storage) { ExpectSound(storage, durable); });
      ASSERT_TRUE(found.ok()) << found;
    }
    if (HasFailure()) FAIL() << "killed at call " << last_call << ", told others of " << durable;
  }
  EXPECT_GT(moments, 100u);
}

TEST_F(StorageTest, ALostLogIsRefused) {
  for (const bool with_snapshot : {false, true}) {
    MemoryDisk disk(&scheduler);
    WipeTables();
    ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                  const raft::HardState vote{Term(1), NodeId(3)};
                  ASSERT_TRUE(storage.log().Append({vote, {}}).ok());
                  if (!with_snapshot) return;
                  ASSERT_TRUE(Append(storage, 1, 9).ok());
                  ASSERT_TRUE(Apply(storage.machine(), 9).ok());
                  ASSERT_TRUE(WriteSnapshot(storage.snapshots(), storage.machine()).ok());
                }).ok());
    MemoryDisk without(&scheduler);
    for (const auto& [path, bytes] : disk.Files()) {
      if (path.rfind("wal/", 0) != 0) without.Put(path, bytes);
    }
    for (int attempt = 0; attempt < 2; ++attempt) {
      const absl::Status status = WithStorage(without, [](Storage&) {});
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr("the log was lost"));
      EXPECT_THAT(std::string(status.message()), HasSubstr("Wipe the whole data directory"));
    }
    EXPECT_TRUE(WithStorage(disk, [](Storage&) {}).ok());
  }
}

TEST_F(StorageTest, AServerThatKnowsItsClusterButHasPromisedNothingStarts) {
  MemoryDisk disk(&scheduler);
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                ASSERT_TRUE(storage.StoreCluster(ClusterId(9)).ok());
              }).ok());
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                EXPECT_EQ(storage.identity().cluster, ClusterId(9));
                EXPECT_FALSE(storage.identity().has_log);
              }).ok());
}

TEST_F(StorageTest, ALostSnapshotIsRefused) {
  MemoryDisk disk(&scheduler);
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                uint64_t durable = 0;
                ASSERT_TRUE(Live(storage, durable).ok());
              }).ok());
  MemoryDisk without(&scheduler);
  for (const auto& [path, bytes] : disk.Files()) {
    if (path.rfind("snapshots/", 0) != 0) without.Put(path, bytes);
  }
  const absl::Status status = WithStorage(without, [](Storage&) {});
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("begins behind entry 40 of term 3"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no snapshot"));
}

TEST_F(StorageTest, TablesBeyondTheLogAreRefused) {
  MemoryDisk disk(&scheduler);
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                ASSERT_TRUE(Append(storage, 1, 5).ok());
                ASSERT_TRUE(Apply(storage.machine(), 6).ok());
              }).ok());
  const absl::Status status = WithStorage(disk, [](Storage&) {});
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("up to 6"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("ends at 5"));
}

// Entries of an old leader, as far as the snapshot and beyond: they were never committed.
TEST_F(StorageTest, ALogThatConflictsWithTheSnapshotGivesWay) {
  MemoryDisk disk(&scheduler);
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                std::vector<raft::Entry> entries = Entries(1, kRemoteIndex + 5);
                for (raft::Entry& entry : entries) entry.term = Term(1);
                ASSERT_TRUE(storage.log().Append({raft::HardState{Term(1)}, entries}).ok());
                const auto receiver = storage.snapshots().Receive(remote).value();
                ASSERT_TRUE(receiver->Write(0, remote_bytes).ok());
                ASSERT_TRUE(receiver->Finish().ok());
              }).ok());
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                const raft::Recovered recovered = storage.TakeRecovered();
                EXPECT_TRUE(recovered.entries.empty());
                EXPECT_EQ(recovered.snapshot, remote.point);
                EXPECT_EQ(recovered.applied, Index(kRemoteIndex));
                EXPECT_EQ(recovered.hard_state.term, Term(1));
              }).ok());
  ++boots;
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) { ExpectSound(storage, 0); }).ok());
}

// The rows are intact, but not those that the header speaks of.
TEST_F(StorageTest, ASnapshotOfAnotherStateIsRefused) {
  MemoryDisk disk(&scheduler);
  ASSERT_TRUE(WithStorage(disk, [&](Storage& storage) {
                ASSERT_TRUE(Append(storage, 1, 9).ok());
                ASSERT_TRUE(Apply(storage.machine(), 9).ok());
                const auto frozen = storage.machine().Freeze().value();
                const auto writer = storage.snapshots().Create(MetaAt(9, digests[8])).value();
                state::Row row;
                while (frozen.rows->Next(row).value()) ASSERT_TRUE(writer->Add(row).ok());
                ASSERT_TRUE(writer->Finish().ok());
              }).ok());
  ++boots;
  EXPECT_TRUE(absl::IsDataLoss(WithStorage(disk, [](Storage&) {})));
}

}  // namespace
}  // namespace konsul::node
