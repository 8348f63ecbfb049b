// Equal index means equal state: every replica that has applied everything up to an index reports
// the same digest for it, before and after any restart or rebuild.
//
// Does not check: that the state is the right one (the client histories do), nor indexes in the
// middle of a batch, which are not reported.
#ifndef KONSUL_SIM_CHECKERS_STATE_DIGEST_H_
#define KONSUL_SIM_CHECKERS_STATE_DIGEST_H_

#include <map>

#include "core/base/hash.h"
#include "core/base/ids.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

class StateDigest {
 public:
  explicit StateDigest(Findings& findings) : findings_(findings) {}

  void OnApplied(NodeId node, Index index, const Hash128& digest);
  // How often two reports could be compared; a run in which this stays 0 has checked nothing.
  size_t comparisons() const { return comparisons_; }

 private:
  struct First {
    NodeId node;
    Hash128 digest;
  };
  Findings& findings_;
  std::map<Index, First> digests_;
  size_t comparisons_ = 0;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_STATE_DIGEST_H_
