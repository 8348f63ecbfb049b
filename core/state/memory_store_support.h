// A table store of std::map, for tests only. It keeps the contract of table_store.h strictly, so
// that code which is careless with it fails here first: what a transaction returned is destroyed at
// the moment when it stops being valid (the address sanitizer then names the culprit), key sizes
// and the number of writers are checked.
#ifndef KONSUL_CORE_STATE_MEMORY_STORE_SUPPORT_H_
#define KONSUL_CORE_STATE_MEMORY_STORE_SUPPORT_H_

#include <array>
#include <map>
#include <memory>
#include <string>

#include "core/state/table_store.h"

namespace konsul::state {

// Must outlive its transactions. A write transaction copies all tables: keep them small.
class MemoryStore : public TableStore {
 public:
  using Tables = std::array<std::map<std::string, std::string>, kTableCount>;

  std::unique_ptr<ReadTxn> Read() override;
  std::unique_ptr<ReadTxn> Freeze() override { return Read(); }
  std::unique_ptr<WriteTxn> Write() override;
  absl::StatusOr<std::unique_ptr<Replacement>> Replace() override;

  // What the next Commit, Add or Finish returns instead of doing it.
  void FailNextCommit(absl::Status status) { next_commit_ = std::move(status); }
  // What was committed last.
  const Tables& tables() const { return *tables_; }
  int open_transactions() const { return readers_ + writers_; }

 private:
  friend class MemoryReadTxn;
  friend class MemoryWriteTxn;
  friend class MemoryReplacement;

  std::shared_ptr<const Tables> tables_ = std::make_shared<Tables>();
  absl::Status next_commit_;
  int readers_ = 0;
  int writers_ = 0;
  int replacements_ = 0;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_MEMORY_STORE_SUPPORT_H_
