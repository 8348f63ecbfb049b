// What committed commands changed lately, by index: the history from which change streams are
// served.
//
// A ring bounded by bytes and by changes. The state machine (table_machine.h) fills it in the same
// turn in which it commits; readers (change_reader.h) have no queue of their own, only a place in
// it. The history begins behind floor(): of what was changed up to there nothing is known, because
// it was pushed out, because the server was not running, or because a snapshot took its place.
//
// Only tables that somebody may stream are kept: see kStreamed.
#ifndef KONSUL_CORE_STATE_CHANGE_LOG_H_
#define KONSUL_CORE_STATE_CHANGE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/fiber/scheduler.h"
#include "core/state/table_store.h"

namespace konsul::state {

class ChangeReader;

// Adding a table is adding its number here.
inline constexpr Table kStreamed[] = {Table::kKv};

// Owned by the composition root; outlives the state machine and every reader. Nothing suspends.
class ChangeLog {
 public:
  struct Options {
    size_t bytes_max = 32 << 20;  // of keys, rows and what it costs to keep them
    size_t changes_max = 200'000;
  };
  struct Change {
    Table table;
    std::string key;
    std::optional<std::string> row;  // nothing: the key was deleted
  };
  // What one command left behind of everything that it touched: ascending by (table, key), each key
  // once, because nobody ever sees a state in the middle of a command.
  struct Group {
    Index index;
    std::vector<Change> changes;
    size_t bytes = 0;
  };

  ChangeLog(fiber::Scheduler& scheduler, Options options)
      : scheduler_(scheduler), options_(options) {}
  explicit ChangeLog(fiber::Scheduler& scheduler) : ChangeLog(scheduler, Options()) {}
  // Nobody reads any more.
  ~ChangeLog();
  ChangeLog(const ChangeLog&) = delete;
  ChangeLog& operator=(const ChangeLog&) = delete;

  // For the state machine ------------------------------------------------------------------------

  // The command of `index` is about to be applied; indexes ascend.
  void Begin(Index index);
  // It puts or deletes a row. Nobody is told yet.
  void Note(Table table, absl::string_view key, std::optional<absl::string_view> row);
  // Everything up to `applied` was committed: wakes the readers whom it concerns.
  void Publish(Index applied);
  // What was noted came to nothing.
  void Discard();
  // The tables are now as they were at `applied`, however that came about: the history is empty.
  void Restart(Index applied);

  // For readers ----------------------------------------------------------------------------------

  // Nothing is known of changes up to here.
  Index floor() const { return floor_; }
  // Everything is known from there up to here.
  Index end() const { return end_; }
  // How often Restart went back, so that indexes from before mean nothing any more.
  uint64_t generation() const { return generation_; }
  // In ascending order of their indexes, above floor(); commands without a change have none.
  const std::deque<Group>& groups() const { return groups_; }
  // The position in groups() of the first one behind `index`.
  size_t FirstAfter(Index index) const;
  size_t bytes() const { return bytes_; }

 private:
  friend class ChangeReader;
  // Who waits for a change of a key with this prefix. In order of arrival, for the same one.
  using Waiting = std::multimap<std::string, ChangeReader*, std::less<>>;
  struct Part {
    Waiting prefixes;
    std::map<size_t, size_t> lengths;  // of the prefixes: how many have it
  };

  static bool Keeps(Table table);
  // The group that was begun is complete.
  void Close();
  void Tell(const Group& group);
  void PushOut();

  fiber::Scheduler& scheduler_;
  const Options options_;
  std::deque<Group> groups_;
  std::vector<Group> noted_;
  size_t bytes_ = 0;
  size_t changes_ = 0;
  Index floor_;
  Index end_;
  uint64_t generation_ = 0;
  size_t readers_ = 0;
  std::map<Table, Part> waiting_;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_CHANGE_LOG_H_
