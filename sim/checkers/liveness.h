// After the faults have stopped and everything is healed, the cluster works again: it has one
// leader, every client has had a write acknowledged since, all servers have applied the same, and
// the membership is what the operator wants.
//
// Asked again and again until it says that nothing is missing or the bound has passed. Does not
// check how long single operations take, nor anything while faults last.
#ifndef KONSUL_SIM_CHECKERS_LIVENESS_H_
#define KONSUL_SIM_CHECKERS_LIVENESS_H_

#include <string>
#include <vector>

#include "core/base/ids.h"

namespace konsul::checkers {

struct LivenessRequirements {
  bool leader = true;       // leader-per-dc
  bool acked_write = true;  // acked-write
  bool logs_equal = true;   // logs-equal
};

struct LivenessView {
  struct Server {
    std::string name;
    bool running = false;
    bool leads = false;
    Index applied;
  };
  struct Client {
    std::string name;
    bool wrote = false;  // since the heal
  };
  std::vector<Server> servers;
  std::vector<Client> clients;
  // What the operator waits for: a removal, a server that is to become a voter.
  std::string operator_waits;
};

// What is still missing, for people; empty when nothing is.
std::string WhatIsMissing(const LivenessView& view, const LivenessRequirements& required);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_LIVENESS_H_
