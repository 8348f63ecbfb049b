// The pasts that the search of linearization_search.h holds possible: a hash table that is iterated
// in the order of insertion, so that everything about a search repeats exactly.
#ifndef KONSUL_SIM_CHECKERS_PAST_SET_H_
#define KONSUL_SIM_CHECKERS_PAST_SET_H_

#include <cstdint>
#include <vector>

#include "sim/checkers/key_history.h"

namespace konsul::checkers {

struct Past {
  ValueId state = kMissing;
  uint64_t done = 0;  // which of the open operations have taken effect: a bit per slot
  // With the fewest deletes of unknown outcome that explain it: more would explain less later.
  uint32_t hidden_deletes = 0;
  ValueId shown = kMissing;  // what the state is called; one of those that count as the same
};

class PastSet {
 public:
  // False when it is known already with no more hidden deletes.
  bool Add(const Past& past) {
    if (all_.size() * 2 >= table_.size()) Grow();
    for (size_t i = Hash(past) & mask();; i = (i + 1) & mask()) {
      if (table_[i] == 0) {
        all_.push_back(past);
        table_[i] = static_cast<uint32_t>(all_.size());
        return true;
      }
      Past& known = all_[table_[i] - 1];
      if (known.state != past.state || known.done != past.done) continue;
      if (known.hidden_deletes <= past.hidden_deletes) return false;
      known = past;
      return true;
    }
  }

  void Clear() {
    // Small sets are the rule; a table that was once large is not emptied again and again.
    if (table_.size() > all_.size() * 8 + 64) {
      table_.clear();
    } else {
      table_.assign(table_.size(), 0);
    }
    all_.clear();
  }

  const std::vector<Past>& all() const { return all_; }
  size_t size() const { return all_.size(); }
  bool empty() const { return all_.empty(); }

 private:
  static uint64_t Hash(const Past& past) {
    const uint64_t mixed =
        (past.done ^ (uint64_t{past.state} << 40 | past.state)) * 0x9e3779b97f4a7c15;
    return mixed ^ mixed >> 29;
  }
  size_t mask() const { return table_.size() - 1; }
  void Grow() {
    table_.assign(table_.empty() ? 64 : table_.size() * 2, 0);
    for (size_t n = 0; n < all_.size(); ++n) {
      size_t i = Hash(all_[n]) & mask();
      while (table_[i] != 0) i = (i + 1) & mask();
      table_[i] = static_cast<uint32_t>(n + 1);
    }
  }

  std::vector<Past> all_;
  std::vector<uint32_t> table_;  // position in all_ plus 1; 0: free
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_PAST_SET_H_
