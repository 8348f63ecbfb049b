// Bits that change at rest, where a server can notice.
//
// Damage to the last batch of a log looks like an append that a crash interrupted; nothing on one
// disk can tell the two apart (docs/formats/wal.md, "What this does not find"). So the last two
// batches, of which the older one was durable for certain, are spared. Everything before them, and
// every other file, may be hit.
#ifndef KONSUL_SIM_CLUSTER_ROT_H_
#define KONSUL_SIM_CLUSTER_ROT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "core/env/random.h"
#include "sim/disk.h"

namespace konsul::cluster {

// Flips up to `bits` bits of one file that `glob` matches, all within one record of it, sector of
// it, or the whole of a small file. Returns how many; 0 when there is nothing that may be hit.
size_t FlipBits(sim::SimDisk& disk, absl::string_view glob, uint32_t bits, env::Random& random);

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_ROT_H_
