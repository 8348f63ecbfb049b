#include "storage/snapshot/snapshot_fixture_support.h"

#include <map>
#include <utility>

#include "core/base/check.h"
#include "core/base/status.h"
#include "storage/snapshot/directory.h"

namespace konsul::snapshot {

server::SnapshotMeta MetaAt(uint64_t index, uint64_t digest) {
  server::SnapshotMeta meta;
  meta.point.last = {Index(index), Term(3)};
  meta.point.configuration_index = Index(1);
  meta.point.configuration.voters = {{NodeId(7), "n1", "10.0.0.1:8300"}};
  meta.digest = {digest, index};
  return meta;
}

Rows RandomRows(env::Random& random, size_t count) {
  std::map<std::pair<state::Table, std::string>, std::string> rows;
  for (size_t i = 0; i < count; ++i) {
    const auto table = static_cast<state::Table>(random.Below(state::kTableCount));
    std::string key(random.Between(1, random.Chance(1, 20) ? 511 : 12), '\0');
    for (char& c : key) c = static_cast<char>(random.Next());
    std::string value(random.Below(random.Chance(1, 30) ? 3000 : 40), 'v');
    if (random.Chance(1, 3)) {
      for (char& c : value) c = static_cast<char>(random.Next());
    }
    rows[{table, std::move(key)}] = std::move(value);
  }
  Rows list;
  for (const auto& [key, value] : rows) list.push_back({key.first, key.second, value});
  return list;
}

void SnapshotWorld::Run(const std::function<void()>& body) {
  fiber::Group group(scheduler);
  group.Spawn("test", body);
  scheduler.Run(Instant{0});
  KONSUL_CHECK(group.empty(), "a fiber hangs");
}

absl::Status SnapshotWorld::WithStore(MemoryDisk& disk,
                                      const std::function<void(server::SnapshotStore&)>& body) {
  absl::Status status;
  Run([&] {
    auto store = Open(disk, SmallOptions(), NullLogger(), scheduler);
    status = store.status();
    if (status.ok()) body(**store);
  });
  return status;
}

absl::StatusOr<server::SnapshotMeta> SnapshotWorld::Write(server::SnapshotStore& store,
                                                          const server::SnapshotMeta& meta,
                                                          const Rows& rows) {
  KONSUL_ASSIGN_OR_RETURN(const auto writer, store.Create(meta));
  for (const auto& row : rows) {
    KONSUL_RETURN_IF_ERROR(writer->Add({row.table, row.key, row.value}));
  }
  return writer->Finish();
}

absl::StatusOr<Rows> SnapshotWorld::Read(server::SnapshotFile& file) {
  const std::unique_ptr<state::RowSource> source = file.Rows();
  Rows rows;
  state::Row row;
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, source->Next(row));
    if (!more) return rows;
    rows.push_back({row.table, std::string(row.key), std::string(row.value)});
  }
}

absl::StatusOr<Rows> SnapshotWorld::ReadLatest(server::SnapshotStore& store) {
  KONSUL_ASSIGN_OR_RETURN(const auto file, store.OpenLatest());
  return Read(*file);
}

std::pair<server::SnapshotMeta, std::string> SnapshotWorld::Remote(uint64_t index, const Rows& rows,
                                                                   uint64_t digest) {
  MemoryDisk disk(&scheduler);
  std::pair<server::SnapshotMeta, std::string> remote;
  KONSUL_CHECK(WithStore(disk, [&](server::SnapshotStore& store) {
                 remote.first = Write(store, MetaAt(index, digest), rows).value();
               }).ok());
  remote.second = disk.Files().at("snapshots/" + SnapshotName(remote.first.point.last));
  return remote;
}

}  // namespace konsul::snapshot
