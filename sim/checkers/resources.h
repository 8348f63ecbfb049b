// A server that has nothing to do needs no more than any other that has nothing to do, whatever has
// happened to it before. Asked at the end of a run, after the clients left and some time passed:
//
//   fibers       those that serve clients are gone, none is there more often than peers explain
//   connections  no more in the whole world than servers need among each other
//   log          what a snapshot replaced is out of memory, but for what is kept for followers
//   disk         in relation to what the log holds: segments and two snapshots
//
// Does not check: the processor's time, bytes on the heap, nor how much is in use while clients
// work or faults last (limits of queues are tested where the queues are).
#ifndef KONSUL_SIM_CHECKERS_RESOURCES_H_
#define KONSUL_SIM_CHECKERS_RESOURCES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"

namespace konsul::checkers {

struct ServerResources {
  std::string name;
  std::vector<std::string> fibers;  // names, one for each
  uint64_t log_entries = 0;         // in memory
  uint64_t disk_bytes = 0;
};

struct ResourceLimits {
  std::map<std::string, size_t> fibers;  // how many of a name a server may have; 0 of any other
  size_t connections = 0;
  uint64_t log_entries = 0;
  uint64_t disk_bytes = 0;
};

// What is too much, for people; empty when nothing is. Asked again and again until then, as what
// clients left behind needs its time to end.
std::string WhatIsTooMuch(const std::vector<ServerResources>& servers, size_t connections,
                          const ResourceLimits& limits);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_RESOURCES_H_
