// Majorities, and nothing else: values in, a value out. With two configurations in force (thesis
// 4.3) the lesser of the two answers counts.
#ifndef KONSUL_CORE_RAFT_QUORUM_H_
#define KONSUL_CORE_RAFT_QUORUM_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>

#include "absl/types/span.h"
#include "core/base/ids.h"
#include "core/raft/configuration.h"

namespace konsul::raft {

// The largest value that a majority of `values` has reached: the commit rule over match indexes,
// read rounds over echoes, check-quorum over the instants at which voters were heard. Reorders
// `values`, which are one per voter and at least one.
//
//     sorted down:  9 7 | 7 | 3 1     three of five are at 7 or beyond
template <typename T>
T MajorityReached(absl::Span<T> values) {
  T* middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end(), std::greater<T>());
  return *middle;
}

enum class VoteResult : uint8_t { kPending, kWon, kLost };

// Voters that have answered, and whether they granted. Each voter counts once, others never.
using Votes = std::map<NodeId, bool>;
VoteResult Tally(absl::Span<const Member> voters, const Votes& votes);
// Of both voter lists of the configuration.
VoteResult Tally(const Configuration& configuration, const Votes& votes);

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_QUORUM_H_
