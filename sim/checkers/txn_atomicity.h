// A transaction happens as a whole or not at all.
//
// Clients write sets of keys in transactions only, all keys of a set with the same value. So every
// look at a whole set in one transaction shows all keys with one value and one ModifyIndex, or
// none. That the values come in the right order is the linearizability checker's concern: to it, a
// set is a single register, whatever key of it a client reads.
#ifndef KONSUL_SIM_CHECKERS_TXN_ATOMICITY_H_
#define KONSUL_SIM_CHECKERS_TXN_ATOMICITY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"

namespace konsul::checkers {

// Reports as "txn-atomicity". Owned by the runner.
class TxnAtomicity {
 public:
  struct Item {
    std::string key, value;
    uint64_t modify_index = 0;
  };

  explicit TxnAtomicity(Findings& findings) : findings_(findings) {}

  // A transaction has read these keys of a set of `size` keys through `server`.
  void OnRead(const std::string& set, size_t size, const std::string& server,
              const std::vector<Item>& items);

  uint64_t reads() const { return reads_; }

 private:
  Findings& findings_;
  uint64_t reads_ = 0;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_TXN_ATOMICITY_H_
