// Who wants to hear of a change to which part of the tables.
//
// A query watches keys and prefixes; a change to any of them wakes it, also when the key did not
// exist or exists no longer. Nothing that is not watched costs anything, and a change costs
// look-ups by its own key only, however many watch other keys: one for the key, and one for each
// length of which there is a watched prefix.
//
// Nothing is lost as long as a query reads and watches without suspending in between, because the
// state machine (core/state/table_machine.h) tells of a change in the same turn as it commits it.
#ifndef KONSUL_CORE_STATE_WATCH_INDEX_H_
#define KONSUL_CORE_STATE_WATCH_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/fiber/continuation.h"
#include "core/state/table_store.h"

namespace konsul::state {

// What the answer of a query depends on. A query fills it while it reads; an inactive one, for
// those that do not wait, ignores everything.
class WatchSet {
 public:
  struct Item {
    Table table;
    bool prefix;
    std::string key;
  };

  explicit WatchSet(bool active) : active_(active) {}
  void Key(Table table, absl::string_view key) { Add(table, false, key); }
  // Empty: the whole table.
  void Prefix(Table table, absl::string_view prefix) { Add(table, true, prefix); }
  const std::vector<Item>& items() const { return items_; }

 private:
  void Add(Table table, bool prefix, absl::string_view key) {
    if (active_) items_.push_back({table, prefix, std::string(key)});
  }

  bool active_;
  std::vector<Item> items_;
};

// Owned by the composition root; outlives the state machine and every Watch. Nothing suspends.
class WatchIndex {
  struct Part;
  struct Entry {
    Entry(fiber::Scheduler& scheduler, Part& part_in, bool prefix_in)
        : part(part_in), prefix(prefix_in), waiting(scheduler) {}
    Part& part;
    const bool prefix;
    bool noted = false;
    size_t watches = 0;
    fiber::WaitList waiting;
  };
  using Map = std::map<std::string, Entry, std::less<>>;

 public:
  explicit WatchIndex(fiber::Scheduler& scheduler) : scheduler_(scheduler) {}
  // Nobody watches any more.
  ~WatchIndex();
  WatchIndex(const WatchIndex&) = delete;
  WatchIndex& operator=(const WatchIndex&) = delete;

  // One key or prefix that somebody watches, for as long as this lives.
  class Watch {
   public:
    Watch(Watch&& other) noexcept
        : index_(std::exchange(other.index_, nullptr)), entry_(other.entry_) {}
    ~Watch() {
      if (index_ != nullptr) index_->Drop(entry_);
    }
    Watch& operator=(Watch&&) = delete;

   private:
    friend class WatchIndex;
    Watch(WatchIndex* index, Map::value_type* entry) : index_(index), entry_(entry) {}
    WatchIndex* index_;
    Map::value_type* entry_;
  };

  // `continuation` is woken by the next change; `watches` are to be kept until then.
  void Add(const WatchSet& set, fiber::Continuation& continuation, std::vector<Watch>& watches);

  // Whoever has to know each key of a table that changes: `changed` is called for it when the
  // change is committed, `replaced` when the tables are others. Neither suspends, nor changes a
  // table. For ever; one for each table.
  void Follow(Table table, std::function<void(absl::string_view key)> changed,
              std::function<void()> replaced);

  // For the state machine ------------------------------------------------------------------------

  // A transaction changes `key`. Nobody is woken yet.
  void Note(Table table, absl::string_view key);
  // It was committed: wakes those who watch what was noted.
  void Publish();
  // It came to nothing.
  void Discard();
  // Everything is replaced: wakes everybody.
  void PublishAll();

  // How often everything was replaced. Whoever waits across that has to be answered: what he knows
  // is of another history, and its indexes may be higher.
  uint64_t replaced() const { return replaced_; }
  // Keys and prefixes that are watched.
  size_t size() const;

 private:
  // Of one table.
  struct Part {
    Map keys;
    Map prefixes;
    std::map<size_t, size_t> lengths;  // of the prefixes: how many have it
  };

  void Note(Map& map, absl::string_view key);
  void Drop(Map::value_type* entry);

  fiber::Scheduler& scheduler_;
  // Of one table.
  struct Follower {
    std::function<void(absl::string_view)> changed;
    std::function<void()> replaced;
    std::vector<std::string> keys;  // that changed in the present transaction
  };

  std::array<Part, kTableCount> parts_;
  std::map<Table, Follower> followers_;
  std::vector<Entry*> noted_;
  uint64_t replaced_ = 0;
};

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_WATCH_INDEX_H_
