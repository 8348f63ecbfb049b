#include "storage/wal/wal_fixture_support.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace konsul::wal {

raft::Entry MakeEntry(uint64_t index, uint64_t term, std::string payload) {
  return raft::Entry{Index(index), Term(term), raft::EntryKind::kCommand,
                     raft::MakePayload(std::move(payload))};
}

absl::Status Step::Do(Wal& wal) const {
  if (compact) return wal.Compact(*compact);
  if (reset) return wal.Reset(*reset);
  return wal.Append(batch.view());
}

void Model::Apply(const Step& step) {
  if (step.compact) compacted = std::max(compacted, *step.compact);
  if (step.reset) {
    entries.clear();
    base = *step.reset;
    compacted = base.index;
  }
  if (step.batch.hard_state) hard_state = *step.batch.hard_state;
  for (const raft::Entry& entry : step.batch.entries) {
    entries.resize(entry.index - base.index - 1);
    entries.push_back(entry);
  }
}

Model Model::With(const Step& step) const {
  Model model = *this;
  model.Apply(step);
  return model;
}

raft::LogPosition Model::end() const {
  return entries.empty() ? base : raft::LogPosition{entries.back().index, entries.back().term};
}

bool Model::Allows(const Model& found) const {
  if (found.hard_state != hard_state || found.base.index < base.index ||
      found.base.index > std::max(base.index, compacted) || found.base.index > end().index) {
    return false;
  }
  const uint64_t gone = found.base.index - base.index;
  const Term term = gone == 0 ? base.term : entries[gone - 1].term;
  return found.base.term == term &&
         std::equal(entries.begin() + static_cast<std::ptrdiff_t>(gone), entries.end(),
                    found.entries.begin(), found.entries.end());
}

std::ostream& operator<<(std::ostream& out, const Model& model) {
  out << "term " << model.hard_state.term.value << " vote " << model.hard_state.vote.value
      << " base " << model.base.index.value << "/" << model.base.term.value << " compacted "
      << model.compacted.value << " entries";
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
  uint64_t index = model.end().index.value + 1;
  const uint64_t first = std::max(model.base.index, model.compacted).value + 1;
  if (random.Chance(1, 5)) index -= random.Below(std::min<uint64_t>(index - first + 1, 4));
  for (; count > 0; --count, ++index) {
    std::string payload(random.Below(payload_max + 1), '\0');
    for (char& c : payload) c = static_cast<char>(random.Next());
    raft::Entry entry = MakeEntry(index, model.hard_state.term.value, std::move(payload));
    entry.kind = static_cast<raft::EntryKind>(random.Below(3));
    batch.entries.push_back(std::move(entry));
  }
  return batch;
}

Step RandomStep(const Model& model, env::Random& random, uint64_t payload_max) {
  const uint64_t end = model.end().index.value;
  if (random.Chance(1, 6)) return Step::Compact(random.Between(model.base.index.value, end));
  if (random.Chance(1, 12)) {
    // Ahead of the log, or within it where the leader's has another term.
    return Step::Reset(std::max<uint64_t>(1, random.Between(model.compacted.value, end + 20)),
                       model.hard_state.term.value + 1);
  }
  return RandomBatch(model, random, payload_max);
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

void WalWorld::Settle() {
  while (scheduler.HasRunnable()) KONSUL_CHECK(scheduler.Yield().ok(), "cancelled");
}

absl::StatusOr<Model> WalWorld::Read(MemoryDisk& disk) {
  Model model;
  absl::Status status = WithWal(disk, [&](Wal::Opened& opened) { model = Model::Of(opened); });
  if (!status.ok()) return status;
  return model;
}

}  // namespace konsul::wal
