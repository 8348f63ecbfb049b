// Who is there to be hurt, with live labels, and Chaos Mesh's rules for choosing among them. Pure.
#ifndef KONSUL_CHAOS_INVENTORY_H_
#define KONSUL_CHAOS_INVENTORY_H_

#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "core/env/random.h"

namespace konsul::chaos {

struct Node {
  std::string name;  // "n1", "c3"
  // dc, component (server, client), node (the name), raft (leader, follower; servers that run),
  // and the datacenter's own labels.
  Labels labels;
  bool running = true;
  bool serving = true;  // a server that answers clients; clients always
  // What its disk holds may be the only copy: nothing may damage it now.
  bool only_copy = false;
};

// All nodes in a fixed order, as they are now.
using Inventory = std::vector<Node>;

// Positions in the inventory of those that `set` hits now, ascending. May be empty: no node may
// match, and random-max-percent may pick none. fixed-percent is rounded up. With a group, the mode
// counts groups.
std::vector<size_t> Select(const TargetSet& set, const Inventory& inventory, env::Random& random);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_INVENTORY_H_
