// When a server writes snapshots, and how it sends them. Set in the composition root; the simulator
// draws extreme values.
#ifndef KONSUL_CORE_SERVER_SNAPSHOT_OPTIONS_H_
#define KONSUL_CORE_SERVER_SNAPSHOT_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"

namespace konsul::server {

struct SnapshotOptions {
  // A snapshot is due when this many entries, or bytes in them, were applied since the last one.
  uint64_t entries_max = 200'000;
  uint64_t bytes_max = 256 << 20;
  // What the log keeps behind a snapshot, so that a follower that is a little late needs none: at
  // most so many entries, and so many bytes.
  uint64_t trailing_entries = 20'000;
  uint64_t trailing_bytes = 32 << 20;
  // Sending: the size of a piece, and the most that goes to one follower in a second, which keeps
  // the leader's processor and disk for its clients.
  size_t chunk_bytes = 256 << 10;
  uint64_t send_bytes_per_second = 64 << 20;
  // For one piece to be answered, and until a transfer that failed is tried again.
  Duration chunk_timeout = 10s;
  Duration retry_pause = 500ms;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SNAPSHOT_OPTIONS_H_
