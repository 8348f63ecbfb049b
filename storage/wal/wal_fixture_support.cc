#include "storage/wal/wal_fixture_support.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace konsul::wal {

raft::Entry MakeEntry(uint64_t index, uint64_t term, std::string payload) {
  return raft::Entry{Index(index), Term(term), raft::EntryKind::kCommand,
                     raft::MakePayload(std::move(payload))};
}

void Model::Apply(const OwnedBatch& batch) {
  if (batch.hard_state) hard_state = *batch.hard_state;
  for (const raft::Entry& entry : batch.entries) {
    entries.resize(entry.index.value - 1);
    entries.push_back(entry);
  }
}

Model Model::With(const OwnedBatch& batch) const {
  Model model = *this;
  model.Apply(batch);
  return model;
}

std::ostream& operator<<(std::ostream& out, const Model& model) {
  out << "term " << model.hard_state.term.value << " vote " << model.hard_state.vote.value
      << " entries";
  for (const raft::Entry& entry : model.entries) {
    out << " " << entry.index.value << "/" << entry.term.value << ":" << entry.payload->size();
  }
  return out;
}

OwnedBatch RandomBatch(const Model& model, env::Random& random, uint64_t payload_max) {
  OwnedBatch batch;
  uint64_t count = random.Below(4);
  if (count == 0 || random.Chance(1, 3)) {
    const Term term = model.hard_state.term + random.Below(2);
    batch.hard_state = raft::HardState{term, NodeId(random.Below(4))};
  }
  uint64_t index = model.entries.size() + 1;
  if (index > 1 && random.Chance(1, 5)) index -= random.Below(std::min<uint64_t>(index, 4));
  for (; count > 0; --count, ++index) {
    std::string payload(random.Below(payload_max + 1), '\0');
    for (char& c : payload) c = static_cast<char>(random.Next());
    raft::Entry entry = MakeEntry(index, model.hard_state.term.value, std::move(payload));
    entry.kind = static_cast<raft::EntryKind>(random.Below(3));
    batch.entries.push_back(std::move(entry));
  }
  return batch;
}

void WalWorld::Run(const std::function<void()>& body) {
  fiber::Group group(scheduler);
  group.Spawn("test", body);
  scheduler.Run(Instant{0});
  KONSUL_CHECK(group.empty(), "a fiber hangs");
}

absl::Status WalWorld::WithWal(MemoryDisk& disk, const std::function<void(Wal::Opened&)>& body,
                               NodeId node, Logger& logger) {
  absl::Status status;
  Run([&] {
    std::optional<Wal::Opened> opened;
    fiber::Group background(scheduler);  // ends before the log does
    absl::StatusOr<Wal::Opened> result = Wal::Open(disk, SmallOptions(), node, logger, background);
    status = result.status();
    if (!status.ok()) return;
    opened = *std::move(result);
    body(*opened);
  });
  return status;
}

absl::StatusOr<Model> WalWorld::Read(MemoryDisk& disk) {
  Model model;
  absl::Status status = WithWal(disk, [&](Wal::Opened& opened) { model = Model::Of(opened); });
  if (!status.ok()) return status;
  return model;
}

}  // namespace konsul::wal
