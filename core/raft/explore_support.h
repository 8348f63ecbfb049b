// Every state that a few servers can reach with a few messages, breadth first: no schedule is left
// to chance.
//
// What happens in one step: a message arrives (in any order, or never), a server's timer fires, a
// server is asked something, a write becomes durable, a server crashes and starts again. Time is
// not a number here but a choice: any timer may fire at any time, so leases and check-quorum are
// off. After each step the promises of paper figure 3 are checked.
//
// It is quick because a server does not know what the others do: each (server's state, input) is
// tried once, by the real core, and remembered; a state of the whole is a handful of numbers.
#ifndef KONSUL_CORE_RAFT_EXPLORE_SUPPORT_H_
#define KONSUL_CORE_RAFT_EXPLORE_SUPPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/raft/configuration.h"

namespace konsul::raft::testing {

// What may happen, and how often. A scope is finite by `term_max`, `wire_max` and these numbers.
struct Scope {
  // Servers 1 to `founders` begin with a log of one entry, the configuration of all of them; the
  // others up to `servers` begin with nothing.
  size_t servers = 3;
  size_t founders = 3;
  // Only servers 1 to this one lose their patience. Which one is which makes no difference, so
  // fewer than all of them save time and not truth, as long as there are as many as elections.
  size_t candidates = 3;
  uint64_t term_max = 2;  // nobody campaigns beyond it
  // The wire holds so many messages at once. When there would be more, some are lost, and each
  // choice of which is followed.
  size_t wire_max = 4;

  size_t proposals = 0;
  size_t reads = 0;
  size_t heartbeats = 0;
  size_t duplicates = 0;   // messages that arrive and stay on the wire
  size_t restarts = 0;     // crashes; what is durable is found again, the state machine starts anew
  size_t compactions = 0;  // a snapshot of what is applied, and an empty log behind it
  size_t transfers = 0;    // to any voter
  // A leader is asked for the first, later ones for those that follow.
  std::vector<Configuration> changes;

  bool pre_vote = false;
  bool slow_disks = false;  // each write is a step of its own
  size_t append_entries_max = 1024;
};

struct Exploration {
  uint64_t states = 0;
  uint64_t transitions = 0;
  uint64_t server_states = 0;  // distinct ones, of single servers
  size_t depth = 0;
  bool complete = false;  // nothing within the scope is left
  std::string broken;     // empty when every state keeps the promises
  std::string tale;       // how it came about, in the fewest steps
};

// Stops at the first state that breaks something, or after about `states_max` of them.
Exploration Explore(const Scope& scope, uint64_t states_max);

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_EXPLORE_SUPPORT_H_
