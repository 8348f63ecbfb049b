// Which configuration holds: the last one in the log, committed or not (thesis 4.1). A truncation
// of the log therefore falls back to the one before.
#ifndef KONSUL_CORE_RAFT_CONFIGURATION_HISTORY_H_
#define KONSUL_CORE_RAFT_CONFIGURATION_HISTORY_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/raft/configuration.h"

namespace konsul::raft {

class ConfigurationHistory {
 public:
  // An entry of kind kConfiguration was appended at `index`, beyond all earlier ones.
  void Append(Index index, Configuration configuration) {
    held_.push_back({index, std::move(configuration)});
  }
  // The log lost its entries from `from` on.
  void Truncate(Index from) {
    while (!held_.empty() && held_.back().index >= from) held_.pop_back();
  }

  // Everything before is in a snapshot, which knows its configuration.
  void Reset(Index index, Configuration configuration) {
    held_.clear();
    if (index != Index(0)) Append(index, std::move(configuration));
  }
  // The log was compacted up to here: the configuration in force there stays, older ones go.
  void Compact(Index upto) {
    size_t older = 0;
    while (older + 1 < held_.size() && held_[older + 1].index <= upto) ++older;
    held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(older));
  }
  // What held at `index`, and since when; empty and 0 before the first. Not before the last
  // Compact.
  const Configuration& InForceAt(Index index) const {
    const Held* held = HeldAt(index);
    return held == nullptr ? none_ : held->value;
  }
  Index IndexInForceAt(Index index) const {
    const Held* held = HeldAt(index);
    return held == nullptr ? Index(0) : held->index;
  }

  // In any configuration that is still known.
  bool WasLearner(NodeId id) const {
    for (const Held& held : held_) {
      if (held.value.IsLearner(id)) return true;
    }
    return false;
  }

  // Empty for a passive server.
  const Configuration& current() const { return held_.empty() ? none_ : held_.back().value; }
  // Of the entry that holds the current one; 0 when there is none.
  Index current_index() const { return held_.empty() ? Index(0) : held_.back().index; }

 private:
  struct Held {
    Index index;
    Configuration value;
  };
  const Held* HeldAt(Index index) const {
    for (auto at = held_.rbegin(); at != held_.rend(); ++at) {
      if (at->index <= index) return &*at;
    }
    return nullptr;
  }
  std::vector<Held> held_;
  Configuration none_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_CONFIGURATION_HISTORY_H_
