// Which configuration holds: the last one in the log, committed or not (thesis 4.1). A truncation
// of the log therefore falls back to the one before.
#ifndef KONSUL_CORE_RAFT_CONFIGURATION_HISTORY_H_
#define KONSUL_CORE_RAFT_CONFIGURATION_HISTORY_H_

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

  // Empty for a passive server.
  const Configuration& current() const { return held_.empty() ? none_ : held_.back().value; }
  // Of the entry that holds the current one; 0 when there is none.
  Index current_index() const { return held_.empty() ? Index(0) : held_.back().index; }

 private:
  struct Held {
    Index index;
    Configuration value;
  };
  std::vector<Held> held_;
  Configuration none_;
};

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_CONFIGURATION_HISTORY_H_
