// One machine with a server on it, or without one. What runs there is node::Run, the same that
// cmd/konsul runs; nothing is left out or replaced.
//
// A machine may be a spare: off, with an empty disk. Deployed, it has a server that comes back
// after every death; retired, it is a spare again, and the server that was on it is gone for good:
// the next one has another identity, an empty disk and empty tables.
//
// Owned by the Cluster. Not from fibers.
#ifndef KONSUL_SIM_CLUSTER_SERVER_HOST_H_
#define KONSUL_SIM_CLUSTER_SERVER_HOST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cmd/node/node.h"
#include "core/env/env.h"
#include "sim/cluster/oracles.h"
#include "sim/cluster/tunables.h"
#include "sim/host.h"
#include "sim/world.h"

namespace konsul::cluster {

class ServerHost {
 public:
  ServerHost(sim::World& world, std::string name, std::string ip, const Tunables& tunables,
             size_t number, std::string tables_path, Oracles& oracles);

  // How much its streams have, from its next start on.
  void KeepHistory(const StreamTunables& tunables) {
    options_.changes = tunables.changes;
    options_.streams = tunables.streams;
  }

  // `expect` servers begin a cluster together; 0: it joins one that exists.
  void Deploy(const std::vector<env::Endpoint>& peers, uint32_t expect);
  void Retire();

  // Nothing for spares. Start does nothing when it runs already, or is broken; Stop when it does
  // not run.
  void Start();
  void Stop(bool power_loss);
  // Which program the next start runs. All versions are the same one so far (ProgramOf in the .cc):
  // this is where an older or newer one comes in.
  void SetVersion(uint32_t version) { version_ = version; }
  uint32_t version() const { return version_; }

  const std::string& name() const { return name_; }
  sim::Host& host() { return host_; }
  const sim::Host& host() const { return host_; }
  const NodeObserver& observer() const { return observer_; }
  env::Endpoint http() const { return options_.http_address; }
  env::Endpoint rpc() const { return options_.server_address; }
  bool serving() const { return host_.running() && serving_; }
  bool deployed() const { return deployed_; }
  // Refuses to start, because of damage that was done on purpose.
  bool broken() const { return broken_; }

  // Disk faults begin (+1) and end (-1). From the first one on, until a start without any, the
  // server may give up by itself.
  void DiskFaults(int change);
  bool disk_fails() const { return disk_faults_ > 0; }
  bool excused() const { return excused_; }

  // The disk was damaged: DataLoss is the right answer from now on.
  void Damaged() { damaged_ = true; }
  bool damaged() const { return damaged_; }
  // As long as the write that went to a wrong place may be the last one: nothing on one disk can
  // tell it from one that a crash interrupted (docs/formats/wal.md), so this is no moment for a
  // crash. `fault` is the number of the armed fault.
  void Misdirect(uint64_t fault);
  bool fragile();

  absl::Status TakeDataLoss() { return observer_.TakeDataLoss(); }
  // What the server gave up with by itself; taken by the runner.
  std::optional<absl::Status> TakeExit();
  // Reaction to DataLoss after damage: it stays down until it is retired.
  void Break() { broken_ = true; }

  // Takes the server's power for good, and tells the oracle what its disk makes of empty tables.
  // Over once the host does not run any more; a disk that cannot be read is in rebuild_failure().
  void Rebuild(checkers::StateDigest& oracle);
  const absl::Status& rebuild_failure() const { return rebuild_failure_; }

  // Puts the disk back to what it was when the server had just been deployed: its identity, and
  // nothing else. False when nobody took a backup in time.
  bool RestoreBackup();

 private:
  void Empty();
  void Serving();

  const std::string name_;
  sim::Host& host_;
  NodeObserver observer_;
  node::Options options_;
  const std::string tables_path_;
  uint32_t version_ = 0;
  uint64_t lives_ = 0;  // how often it was deployed
  bool deployed_ = false;
  bool serving_ = false;
  bool broken_ = false;
  bool damaged_ = false;
  int disk_faults_ = 0;
  bool excused_ = false;
  std::vector<uint64_t> misdirects_;        // the faults, while any of them is dangerous
  std::optional<uint64_t> persisted_then_;  // NodeObserver::persisted() when all were seen spent
  uint64_t first_start_ = 0;                // host_.starts() of the first start of this life
  std::string backup_;
  std::optional<absl::Status> exit_;
  absl::Status rebuild_failure_;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_SERVER_HOST_H_
