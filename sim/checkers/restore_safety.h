// A restore happens as a whole or not at all, gives back what was saved, and is a change like any
// other: no index goes back.
//
// One client writes a set of keys, all with the same generation in one transaction, saves the whole
// state now and then, and puts an earlier one in its place. Only that client changes anything, one
// step after the other, so what it reads must be what its last step made, or what a step made whose
// outcome it was not told and which happened later. Of a saved state it may not know which
// generation it holds; a read after its restore tells.
#ifndef KONSUL_SIM_CHECKERS_RESTORE_SAFETY_H_
#define KONSUL_SIM_CHECKERS_RESTORE_SAFETY_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"

namespace konsul::checkers {

// Reports as "restore-safety". Owned by the runner.
class RestoreSafety {
 public:
  struct Item {
    std::string key, value;
    uint64_t modify_index = 0;
  };
  // What a state may be; 0 is the one without any of the keys.
  using Generations = std::set<uint64_t>;

  explicit RestoreSafety(Findings& findings) : findings_(findings) {}

  // A write or a restore that makes one of these was acknowledged.
  void OnDone(Generations made);
  // Nobody knows whether it was, or will be.
  void OnUnknown(Generations made) { open_.push_back(std::move(made)); }
  // What a state that is saved now may hold.
  Generations Saved() const;
  // A read of all `size` keys, not a stale one; `index` is that of the query.
  void OnRead(size_t size, const std::string& server, const std::vector<Item>& items,
              uint64_t index);

  uint64_t reads() const { return reads_; }

 private:
  // What is there, and how it could come to that.
  void Settle(uint64_t generation, const std::string& seen);
  void CheckIndexes(const std::vector<Item>& items, uint64_t index, bool changed,
                    const std::string& seen);

  Findings& findings_;
  Generations settled_ = {0};
  std::vector<Generations> open_;
  uint64_t known_ = 0;     // what the last read has shown
  uint64_t index_ = 0;     // of the last read
  uint64_t modified_ = 0;  // the highest ModifyIndex seen
  uint64_t reads_ = 0;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_RESTORE_SAFETY_H_
