// A place in the change log, of somebody who wants to know every change under some prefixes of a
// table, each once and in order.
//
// It holds nothing but the place. Who reads slower than changes are made falls behind and in the
// end out of the history, which it is told. Who has read everything and waits is at the end of the
// history however much goes on under other prefixes: it neither wakes for that nor falls out.
#ifndef KONSUL_CORE_STATE_CHANGE_READER_H_
#define KONSUL_CORE_STATE_CHANGE_READER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/fiber/continuation.h"
#include "core/state/change_log.h"

namespace konsul::state {

// Sorted, and without those that begin with another one: a key has at most one of the rest. None at
// all means every key.
std::vector<std::string> DistinctPrefixes(std::vector<std::string> prefixes);

// Used by one fiber at a time. Nothing suspends.
class ChangeReader {
 public:
  // `prefixes` as DistinctPrefixes makes them. Everything up to `position` is known; it may be an
  // index that the log has not reached yet.
  ChangeReader(ChangeLog& log, Table table, std::vector<std::string> prefixes, Index position);
  ~ChangeReader();
  ChangeReader(const ChangeReader&) = delete;
  ChangeReader& operator=(const ChangeReader&) = delete;

  enum class Found {
    kChanges,
    kNothing,  // everything up to position() was read: Wait
    kLookOn,   // nothing yet; the look at much that does not concern this reader goes on
    kTooLate,  // what came right after position() is no longer there: position() < log.floor(), or
               // its indexes are of another history
  };
  struct Change {
    Index index;  // of the command
    const ChangeLog::Change* change;
  };
  struct Batch {
    Index index;                  // where this reader is then, unless there is more
    bool more = false;            // of the same index follows
    std::vector<Change> changes;  // valid until the log changes: until the next suspension
  };
  // What comes next: all changes of one index; of very many, some, about `bytes_max` at a time.
  Found Next(size_t bytes_max, Batch& batch);
  // Of what is there, about as much as `bytes_max`, the last change of each key only, ascending by
  // index and key.
  Found NextCoalesced(size_t bytes_max, Batch& batch);

  // After kNothing and before the next suspension: `continuation` is woken by what Next would find
  // from now on. Until then Next must not be called.
  void Wait(fiber::Continuation& continuation);
  // No longer: to be called after a wake-up, or in place of one.
  void StopWaiting();

  // Everything up to here was read.
  Index position() const;
  bool TooLate() const;

 private:
  friend class ChangeLog;

  // For the log: a change of this index is about to be published, while this waits.
  void Concern(Index index);
  // The history is about to be emptied, and to begin anew behind `applied`, while this waits.
  void Restarting(Index applied);
  bool Matches(const ChangeLog::Change& change) const;
  // From `offset` in `group` on, the next change that concerns this reader; the number of changes
  // when there is none.
  size_t NextIn(const ChangeLog::Group& group, size_t offset) const;

  ChangeLog& log_;
  const Table table_;
  const std::vector<std::string> prefixes_;
  const uint64_t generation_;
  Index position_;
  size_t offset_ = 0;  // in the group behind position_: what was read of it
  // While it waits: where it is registered, and whether something has come.
  std::vector<ChangeLog::Waiting::iterator> places_;
  bool concerned_ = false;
  fiber::WaitList changed_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_CHANGE_READER_H_
