#include "sim/images/recovery.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/wire/command.h"

namespace konsul::images {
namespace {

// One image in so many is given a snapshot when it is gone on with.
constexpr uint64_t kSnapshotEvery = 4;

std::string Describe(const ImageState& image) {
  return absl::StrJoin(image.Files(), " ", [&](std::string* out, const auto& file) {
    absl::StrAppend(out, file.first, "(", image.node(file.second).current.size(), ")");
  });
}

absl::Status ApplyAll(state::TableMachine& machine, const std::vector<raft::Entry>& entries) {
  for (const raft::Entry& entry : entries) {
    if (entry.index <= machine.applied()) continue;
    const bool command = entry.kind == raft::EntryKind::kCommand;
    const state::Committed one{entry.index, command ? absl::string_view(*entry.payload) : ""};
    KONSUL_RETURN_IF_ERROR(machine.Apply({&one, 1}).status());
  }
  return absl::OkStatus();
}

// As a server does once everything in its log is committed.
absl::Status WriteSnapshot(node::Storage& storage, raft::LogPosition last) {
  KONSUL_ASSIGN_OR_RETURN(const auto frozen, storage.machine().Freeze());
  server::SnapshotMeta meta;
  meta.point.last = last;
  meta.point.configuration_index = Index(1);
  meta.point.configuration.voters = {{storage.identity().id, "recorded", "10.0.0.3:8300"}};
  meta.digest = frozen.digest;
  KONSUL_ASSIGN_OR_RETURN(const auto writer, storage.snapshots().Create(meta));
  state::Row row;
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, frozen.rows->Next(row));
    if (!more) break;
    KONSUL_RETURN_IF_ERROR(writer->Add(row));
  }
  KONSUL_RETURN_IF_ERROR(writer->Finish().status());
  return storage.log().Compact(last.index);
}

// What follows on it in `entries` is all that counts: how much of what a snapshot covers is still
// there, does not.
std::string Difference(const Found& expected, const Found& found) {
  if (!found.status.ok()) return found.status.ToString();
  if (found.id != expected.id || found.cluster != expected.cluster) return "another identity";
  if (found.hard_state != expected.hard_state) return "another term or vote";
  if (found.snapshot != expected.snapshot || found.digest != expected.digest) {
    return absl::StrCat("a snapshot that ends at ", found.snapshot.index.value, ", not at ",
                        expected.snapshot.index.value);
  }
  if (found.end() != expected.end()) {
    return absl::StrCat("a log that ends at ", found.end().index.value, ", not at ",
                        expected.end().index.value);
  }
  for (size_t i = 1; i <= std::min(found.entries.size(), expected.entries.size()); ++i) {
    if (!(found.entries[found.entries.size() - i] ==
          expected.entries[expected.entries.size() - i])) {
      return "another entry in the log";
    }
  }
  return "";
}

}  // namespace

Found Recovery::Start(ImageState& state, const std::function<absl::Status(node::Storage&)>& body) {
  ImageDisk disk(std::move(state), &scheduler_);
  Found found;
  {
    fiber::Group group(scheduler_);
    group.Spawn("recovery", [&] {
      node::Storage storage(scheduler_);
      const env::Env env{clock_, network_, disk, env::Random(++count_), scheduler_, NullLogger()};
      // Tables do not survive a power loss.
      const node::StorageOptions options{.name = "recorded",
                                         .wal_segment_bytes = 4096,
                                         .tables_path = directory_ + "/recovered",
                                         .tables_in_memory = true,
                                         .boot_id = ""};
      found.status = storage.Open(env, options);
      if (!found.status.ok()) return;
      raft::Recovered recovered = storage.TakeRecovered();
      found.id = storage.identity().id;
      found.cluster = storage.identity().cluster;
      found.hard_state = recovered.hard_state;
      found.snapshot = recovered.snapshot.last;
      found.entries = std::move(recovered.entries);
      found.applied = recovered.applied;
      found.digest = storage.machine().digest();
      const absl::Status status = body(storage);
      if (!status.ok()) found.status = Annotate(status, "going on");
      // Until spare segments are made and old ones removed.
      for (int i = 0; i < 100; ++i) {
        if (!scheduler_.Yield().ok()) return;
      }
    });
    scheduler_.Run(Instant{0});
    KONSUL_CHECK(group.empty(), "a recovery hangs");
  }
  state = disk.state().WithoutPending();
  return found;
}

absl::Status Recovery::GoOn(node::Storage& storage, bool snapshot, Found& expected) {
  const raft::HardState hard_state{expected.hard_state.term + 1, NodeId(2)};
  const raft::Entry entry{
      expected.end().index + 1, hard_state.term, raft::EntryKind::kCommand,
      raft::MakePayload(wire::EncodeCommand(wire::KvPut{"more", std::string(600, 'm')}))};
  KONSUL_RETURN_IF_ERROR(storage.log().Append({hard_state, {&entry, 1}}));
  expected.hard_state = hard_state;
  expected.entries.push_back(entry);
  if (!snapshot) return absl::OkStatus();
  KONSUL_RETURN_IF_ERROR(ApplyAll(storage.machine(), expected.entries));
  KONSUL_RETURN_IF_ERROR(WriteSnapshot(storage, {entry.index, entry.term}));
  expected.snapshot = {entry.index, entry.term};
  expected.digest = storage.machine().digest();
  return absl::OkStatus();
}

Explored Recovery::Explore(const ImageState& image) {
  Explored explored;
  const auto nothing = [](node::Storage&) { return absl::OkStatus(); };
  ImageState disk = image;
  explored.found = Start(disk, nothing);
  explored.files = Describe(image);
  if (!explored.found.status.ok()) return explored;

  Found expected = explored.found;
  const bool snapshot = image.Digest().lo % kSnapshotEvery == 0;
  const Found again =
      Start(disk, [&](node::Storage& storage) { return GoOn(storage, snapshot, expected); });
  explored.wrong = Difference(explored.found, again);
  if (!explored.wrong.empty()) {
    explored.wrong =
        absl::StrCat("a second power loss, right after recovery, leaves ", explored.wrong);
    return explored;
  }
  const std::string after = Difference(expected, Start(disk, nothing));
  if (!after.empty()) {
    explored.wrong = absl::StrCat("what was written after recovery is lost: found ", after);
  }
  return explored;
}

}  // namespace konsul::images
