// What the recorded server goes through: each workload aims at one place where the log, the
// snapshots or the identity are written.
#ifndef KONSUL_SIM_IMAGES_WORKLOADS_H_
#define KONSUL_SIM_IMAGES_WORKLOADS_H_

#include <string>
#include <vector>

#include "sim/images/recording.h"

namespace konsul::images {

struct Workload {
  std::string name;
  std::string summary;                   // one line
  std::vector<Recording::Script> lives;  // the process ends, without a power loss, between two
};

const std::vector<Workload>& Workloads();

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_WORKLOADS_H_
