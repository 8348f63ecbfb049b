// The tables under the replicated state machine, as core sees them; storage/lmdb implements it.
//
// Ordered byte keys in named tables, one writer at a time, readers see one moment (MVCC). Nothing
// here suspends. What a Table* returns points into the store and is valid until the transaction
// ends or, in a write transaction, until the next write in it.
#ifndef KONSUL_CORE_STATE_TABLE_STORE_H_
#define KONSUL_CORE_STATE_TABLE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace konsul::state {

// Every table there is. The numbers are stored; never reuse one.
enum class Table : uint8_t {
  kMeta = 0,           // applied index, digest, format version: see docs/formats/tables.md
  kKv = 1,             // key -> KvEntry
  kTombstones = 2,     // deleted key -> index of the deletion
  kSessions = 3,       // id -> Session
  kSessionKeys = 4,    // id, slot -> key that the session holds
  kNodeSessions = 5,   // node, id -> nothing
  kCheckSessions = 6,  // node, check, id -> nothing
  kRenewals = 7,       // id of a session with a TTL -> index of its last renewal
  kLockDelays = 8,     // key -> index at which a session lost it, nanoseconds
  kNodes = 9,          // name -> Node
  kChecks = 10,        // node, check -> Check
  kEvents = 11,        // number of the event -> Event
  kStaged = 12,        // number of a piece of the restore under way -> its rows
};
inline constexpr int kTableCount = 13;

class ReadTxn {
 public:
  virtual ~ReadTxn() = default;

  virtual std::optional<absl::string_view> Get(Table table, absl::string_view key) const = 0;
  // Calls `visit(key, value)` for each key at or after `from`, ascending by bytes, until it returns
  // false or the table ends.
  virtual void Scan(
      Table table, absl::string_view from,
      const std::function<bool(absl::string_view, absl::string_view)>& visit) const = 0;
  // As Scan, but only keys that begin with `prefix`.
  void ScanPrefix(Table table, absl::string_view prefix,
                  const std::function<bool(absl::string_view, absl::string_view)>& visit) const {
    Scan(table, prefix, [&](absl::string_view key, absl::string_view value) {
      return key.substr(0, prefix.size()) == prefix && visit(key, value);
    });
  }
};

// Ends without a trace when destroyed before Commit.
class WriteTxn : public ReadTxn {
 public:
  // Keys are 1 to kMaxKeySize bytes. ResourceExhausted when the store or the disk is full.
  virtual absl::Status Put(Table table, absl::string_view key, absl::string_view value) = 0;
  // OK when it is missing already.
  virtual absl::Status Delete(Table table, absl::string_view key) = 0;
  virtual absl::Status Commit() = 0;
};

// All tables made anew beside the present ones, unseen until it is finished. Ends without a trace
// when it is destroyed before, or when the process ends. After an error every later call returns
// it.
class Replacement {
 public:
  struct Row {
    Table table = Table::kMeta;
    std::string key, value;
    friend bool operator==(const Row&, const Row&) = default;
  };

  virtual ~Replacement() = default;
  // In ascending order of (table, key), over all calls; one transaction. InvalidArgument when they
  // are not, ResourceExhausted when the store or the disk is full.
  virtual absl::Status Add(absl::Span<const Row> rows) = 0;
  // In one step, what was added takes the place of what was there, whatever was written to it
  // meanwhile. Transactions that are open go on with the old tables.
  virtual absl::Status Finish() = 0;
};

class TableStore {
 public:
  static constexpr size_t kMaxKeySize = 511;

  virtual ~TableStore() = default;
  // Must not outlive the store. A read transaction is not held across a suspension: pages that are
  // freed while it lives are not used again, so the store would grow. The exception is Freeze().
  virtual std::unique_ptr<ReadTxn> Read() = 0;
  // As Read, for a pass over everything: may be held across suspensions and any number of commits.
  // Few at a time, and not for longer than needed.
  virtual std::unique_ptr<ReadTxn> Freeze() = 0;
  // At most one at a time; not held across a suspension either.
  virtual std::unique_ptr<WriteTxn> Write() = 0;
  // At most one at a time; it is held across suspensions, and others write meanwhile.
  // ResourceExhausted.
  virtual absl::StatusOr<std::unique_ptr<Replacement>> Replace() = 0;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_TABLE_STORE_H_
