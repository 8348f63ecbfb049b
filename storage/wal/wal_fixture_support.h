// What the tests of the log share: fibers to run on, batches to write, and a model to compare with.
#ifndef KONSUL_STORAGE_WAL_WAL_FIXTURE_SUPPORT_H_
#define KONSUL_STORAGE_WAL_WAL_FIXTURE_SUPPORT_H_

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/env/random.h"
#include "core/fiber/scheduler.h"
#include "core/fiber/stack_pool.h"
#include "storage/wal/memory_disk_support.h"
#include "storage/wal/wal.h"

namespace konsul::wal {

inline constexpr NodeId kNode{0x1122334455667788};

// A Batch that owns its entries.
struct OwnedBatch {
  std::optional<raft::HardState> hard_state;
  std::vector<raft::Entry> entries;
  Batch view() const { return {hard_state, entries}; }
};

// One call of a LogStorage.
struct Step {
  Step(OwnedBatch b) : batch(std::move(b)) {}  // NOLINT: tests list batches as steps
  static Step Compact(uint64_t upto) {
    Step step({});
    step.compact = Index(upto);
    return step;
  }
  static Step Reset(uint64_t index, uint64_t term) {
    Step step({});
    step.reset = raft::LogPosition{Index(index), Term(term)};
    return step;
  }
  absl::Status Do(Wal& wal) const;

  OwnedBatch batch;
  std::optional<Index> compact;
  std::optional<raft::LogPosition> reset;
};

raft::Entry MakeEntry(uint64_t index, uint64_t term, std::string payload);

// What a log holds: as simple as it gets.
struct Model {
  raft::HardState hard_state;
  std::vector<raft::Entry> entries;  // behind `base`, compacted or not
  raft::LogPosition base = {};
  Index compacted = {};  // up to here the log may have forgotten

  void Apply(const Step& step);
  Model With(const Step& step) const;
  raft::LogPosition end() const;
  // `found` is this, with at most what Compact was told of missing.
  bool Allows(const Model& found) const;
  static Model Of(const Wal::Opened& opened) {
    return {opened.hard_state, opened.entries, opened.base, opened.base.index};
  }

  friend bool operator==(const Model&, const Model&) = default;
};
std::ostream& operator<<(std::ostream& out, const Model& model);

// A batch that fits behind `model`: hard state or not, zero to a few entries, sometimes a replaced
// suffix; payloads of at most `payload_max` bytes. Never empty.
OwnedBatch RandomBatch(const Model& model, env::Random& random, uint64_t payload_max);
// Mostly such a batch; sometimes a Compact or a Reset that may follow on `model`.
Step RandomStep(const Model& model, env::Random& random, uint64_t payload_max);

// A scheduler, and logs opened on it.
class WalWorld {
 public:
  // Segments as small as they come.
  static Options SmallOptions() { return Options{.directory = "wal", .segment_bytes = 4096}; }

  // Runs `body` on a fiber until it and all it woke have ended.
  void Run(const std::function<void()>& body);
  // Opens the log, hands it to `body`, and closes it as a process that exits does. Returns Open's
  // status.
  absl::Status WithWal(MemoryDisk& disk, const std::function<void(Wal::Opened&)>& body,
                       NodeId node = kNode, Logger& logger = NullLogger());
  // On a fiber: until the log's own fibers have nothing left to do.
  void Settle();
  // Opens, looks, closes.
  absl::StatusOr<Model> Read(MemoryDisk& disk);

  fiber::StackPool stacks;
  fiber::Scheduler scheduler{stacks};
};

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_WAL_FIXTURE_SUPPORT_H_
