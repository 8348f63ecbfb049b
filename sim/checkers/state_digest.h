// Equal index means equal state: every replica that has applied everything up to an index reports
// the same digest for it, before and after any restart or rebuild. At the end of a run each server
// loses power, and what its snapshot and its log make of empty tables is compared with what its
// tables held: the digest, which runs over all commands, and a hash over every row.
//
// Does not check: that the state is the right one (the client histories do), indexes in the middle
// of a batch, which are not reported, nor servers whose disk was damaged on purpose.
#ifndef KONSUL_SIM_CHECKERS_STATE_DIGEST_H_
#define KONSUL_SIM_CHECKERS_STATE_DIGEST_H_

#include <cstdint>
#include <map>

#include "core/base/hash.h"
#include "core/base/ids.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

struct StateContents {
  Index applied;
  Hash128 digest;
  uint64_t rows = 0;  // hash over all of them
  uint64_t count = 0;
  friend bool operator==(const StateContents&, const StateContents&) = default;
};

class StateDigest {
 public:
  explicit StateDigest(Findings& findings) : findings_(findings) {}

  void OnApplied(NodeId node, Index index, const Hash128& digest);
  // The state of a server as its tables held it, and made anew from its snapshot and its log.
  void OnRebuilt(NodeId node, const StateContents& kept, const StateContents& anew);
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
