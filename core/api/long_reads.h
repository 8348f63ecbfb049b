// Reads of more rows than one turn has time for: others run in between, and all rows are of one
// moment. Each such read keeps the pages of its moment from being used again, and the tables have
// room for a limited number of readers; so there is a limit to how many of them clients get.
#ifndef KONSUL_CORE_API_LONG_READS_H_
#define KONSUL_CORE_API_LONG_READS_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "core/fiber/scheduler.h"
#include "core/state/table_store.h"

namespace konsul::api {

// Of one server. Owned by the composition root; outlives the reads.
class LongReads {
 public:
  struct Options {
    size_t most = 16;                // at once
    size_t piece_bytes = 256 << 10;  // of rows in one turn
  };

  // One of them. Destroyed when nothing more is to be read.
  class Read {
   public:
    ~Read() { --reads_.open_; }
    Read(const Read&) = delete;
    Read& operator=(const Read&) = delete;

    const state::ReadTxn& tables() const { return *tables_; }
    // Suspends, to let others run. Cancelled.
    absl::Status Breathe() { return reads_.scheduler_.Yield(); }

   private:
    friend class LongReads;
    Read(LongReads& reads, state::TableStore& store) : reads_(reads), tables_(store.Freeze()) {
      ++reads_.open_;
    }
    LongReads& reads_;
    const std::unique_ptr<state::ReadTxn> tables_;
  };

  LongReads(fiber::Scheduler& scheduler, Options options)
      : scheduler_(scheduler), options_(options) {}

  // Of the tables as they are in this turn; null when there are too many.
  std::unique_ptr<Read> Begin(state::TableStore& store) {
    if (open_ >= options_.most) return nullptr;
    return std::unique_ptr<Read>(new Read(*this, store));
  }
  const Options& options() const { return options_; }

 private:
  fiber::Scheduler& scheduler_;
  const Options options_;
  size_t open_ = 0;
};

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_LONG_READS_H_
