// One direction between two hosts: how long things take on it and what goes wrong.
#ifndef KONSUL_SIM_LINK_H_
#define KONSUL_SIM_LINK_H_

#include <cstdint>

#include "core/env/random.h"
#include "sim/types.h"

namespace konsul::sim {

// base + uniform [0, jitter], and about once in 512 draws a tail that doubles in length as it
// halves in likelihood, up to tail_max.
struct LatencyModel {
  Duration base = 100us;
  Duration jitter = 50us;
  Duration tail_max = 20ms;

  Duration Draw(env::Random& random) const;
};

// In draws out of a million datagrams.
struct DatagramFaults {
  uint32_t loss_ppm = 0;
  uint32_t duplicate_ppm = 0;
  uint32_t reorder_ppm = 0;   // delayed by up to reorder_max, so later ones overtake it
  uint32_t corrupt_ppm = 0;   // one bit flipped
  uint32_t truncate_ppm = 0;  // cut to the MTU
  Duration reorder_max = 50ms;
  uint32_t mtu = 1400;
};

struct Link {
  explicit Link(env::Random r) : random(r) {}

  LatencyModel latency;
  DatagramFaults faults;
  uint64_t bytes_per_second = 0;  // 0: no limit
  bool cut = false;
  Time cut_since;
  Time clogged_until;  // nothing arrives before
  Time busy_until;     // with a rate limit: when the last byte sent will have left
  env::Random random;

  // When `size` bytes sent now arrive.
  Time Arrival(Time now, uint64_t size);
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_LINK_H_
