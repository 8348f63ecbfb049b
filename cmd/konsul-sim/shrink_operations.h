// Which of the operations of an experiment to leave out, other than one after the other. A dense
// history is a load: what matters is that there is some, and where, and not which. So it is thinned
// out as a whole, by client and by key, before single operations are looked at. Pure.
#ifndef KONSUL_CMD_KONSUL_SIM_SHRINK_OPERATIONS_H_
#define KONSUL_CMD_KONSUL_SIM_SHRINK_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "chaos/experiment.h"

namespace konsul::simulator {

// Of all workloads together, as far as they are scripted.
size_t Operations(const chaos::Experiment& experiment);
// Leaves out those of which `remove` is true; numbers count through all workloads.
void RemoveOperations(chaos::Experiment& experiment,
                      const std::function<bool(const chaos::Step&, size_t number)>& remove);
// Operations [from, to).
void RemoveOperationsBetween(chaos::Experiment& experiment, size_t from, size_t to);

// Who works, and on what, in increasing order.
std::vector<uint32_t> BusyClients(const chaos::Experiment& experiment);
std::vector<uint32_t> UsedKeys(const chaos::Experiment& experiment);
void RemoveClients(chaos::Experiment& experiment, const std::vector<uint32_t>& clients);
void RemoveKeys(chaos::Experiment& experiment, const std::vector<uint32_t>& keys);

// One operation of 16 stays, one of 8, of 4, half of them; for each such share every choice of
// which one. None when there are too few for that.
using ThinOut = std::function<void(chaos::Experiment&)>;
std::vector<ThinOut> ThinnerOperations(const chaos::Experiment& experiment);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHRINK_OPERATIONS_H_
