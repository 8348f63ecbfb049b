// Numbers that must not be mixed up, each with a type of its own.
#ifndef KONSUL_CORE_BASE_IDS_H_
#define KONSUL_CORE_BASE_IDS_H_

#include <compare>
#include <cstdint>
#include <string>

namespace konsul {

// A 64-bit number of one domain. Tag makes the type; arithmetic is only what ids need.
template <typename Tag>
struct StrongId {
  uint64_t value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(uint64_t v) : value(v) {}

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

  constexpr StrongId& operator++() {
    ++value;
    return *this;
  }
  friend constexpr StrongId operator+(StrongId a, uint64_t n) { return StrongId(a.value + n); }
  friend constexpr StrongId operator-(StrongId a, uint64_t n) { return StrongId(a.value - n); }
  friend constexpr uint64_t operator-(StrongId a, StrongId b) { return a.value - b.value; }
};

// A Raft term: a logical clock of leaderships. 0 is before the first election.
using Term = StrongId<struct TermTag>;

// A position in the replicated log. 0 is before the first entry.
using Index = StrongId<struct IndexTag>;

// A server, for the life of its data directory: drawn at random once and stored there. 0 is nobody.
using NodeId = StrongId<struct NodeIdTag>;

// What servers that were bootstrapped together share; 0 is "not bootstrapped yet".
using ClusterId = StrongId<struct ClusterIdTag>;

template <typename Tag>
std::string ToString(StrongId<Tag> id) {
  return std::to_string(id.value);
}

// Node and cluster ids are shown in this form everywhere: sixteen hexadecimal digits.
std::string ToHex(uint64_t value);

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_IDS_H_
