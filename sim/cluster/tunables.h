// What a seed decides about a run besides its faults: latencies, disks, and the servers' options.
// Rare schedules become likely where batches are one entry long, elections fast, links slow, and
// snapshots due after a handful of entries.
#ifndef KONSUL_SIM_CLUSTER_TUNABLES_H_
#define KONSUL_SIM_CLUSTER_TUNABLES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "chaos/experiment.h"
#include "core/api/stream.h"
#include "core/base/buggify.h"
#include "core/env/random.h"
#include "core/raft/raft.h"
#include "core/server/snapshot_options.h"
#include "core/state/change_log.h"
#include "sim/disk.h"
#include "sim/network.h"

namespace konsul::cluster {

struct Tunables {
  sim::NetworkOptions network;
  sim::DiskOptions disk;
  std::vector<raft::Options> raft;  // by server
  server::SnapshotOptions snapshots;
  uint64_t wal_segment_bytes = 1 << 20;
  Duration client_timeout = 2s;
  bool faults_from_the_start = false;  // rather than once there is a leader
  // How often buggify sites fire, in parts per million; 0: they are not armed.
  std::array<uint32_t, kBuggifySites> buggify{};

  // One line for people.
  std::string ToString() const;
};

// Of the history that servers keep for change streams. Drawn apart from the rest, and only where
// somebody follows any: the same for a seed, with swarm or without.
struct StreamTunables {
  state::ChangeLog::Options changes;
  api::Streams::Options streams;
};
StreamTunables DrawStreamTunables(env::Random random);

// Makes `experiment` say itself what `tunables`, drawn for it, say: without swarm, whatever the
// seed, DrawTunables gives the same. What is the default without swarm stays unsaid.
void PinTunables(const Tunables& tunables, chaos::Experiment& experiment);

// What the experiment says; with spec.sim.swarm bent by the seed.
Tunables DrawTunables(const chaos::Experiment& experiment, env::Random random);

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_TUNABLES_H_
