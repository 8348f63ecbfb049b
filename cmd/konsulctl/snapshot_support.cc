#include "cmd/konsulctl/snapshot_support.h"

#include "core/base/check.h"
#include "core/fiber/scheduler.h"
#include "core/fiber/stack_pool.h"
#include "core/wire/kv.h"
#include "storage/archive/writer.h"
#include "storage/snapshot/store.h"
#include "storage/wal/memory_disk_support.h"

namespace konsul::ctl {
namespace {

raft::SnapshotPoint PointAt(uint64_t index) {
  raft::SnapshotPoint point;
  point.last = {Index(index), Term(3)};
  point.configuration_index = Index(1);
  point.configuration.voters = {{NodeId(7), "n1", "10.0.0.1:8300"}};
  return point;
}

}  // namespace

std::string SnapshotBytes(const TableContents& contents, uint64_t index) {
  fiber::StackPool stacks;
  fiber::Scheduler scheduler(stacks);
  wal::MemoryDisk disk;
  fiber::Group group(scheduler);
  group.Spawn("write", [&] {
    const auto store = snapshot::Open(disk, {.block_bytes = 500}, NullLogger(), scheduler).value();
    const auto writer = store->Create({PointAt(index), {1, index}}).value();
    for (const auto& [key, value] : contents) {
      KONSUL_CHECK(writer->Add({key.first, key.second, value}).ok());
    }
    KONSUL_CHECK(writer->Finish().ok());
  });
  scheduler.Run(Instant{0});
  const auto files = disk.Files();
  KONSUL_CHECK(files.size() == 1);
  return files.begin()->second;
}

std::string ArchiveBytes(const std::string& snapshot, uint64_t index) {
  const WallTime then{1'700'000'000'000'000'000};
  archive::ArchiveWriter writer(archive::MetaOf(PointAt(index), snapshot.size(), then), then);
  std::string bytes;
  writer.Begin(bytes);
  KONSUL_CHECK(writer.AddState(snapshot, bytes).ok());
  KONSUL_CHECK(writer.Finish(bytes).ok());
  return bytes;
}

std::string KvValue(const std::string& value, uint64_t modify_index) {
  return wire::EncodeKvEntry({.value = value, .create_index = 5, .modify_index = modify_index});
}

}  // namespace konsul::ctl
