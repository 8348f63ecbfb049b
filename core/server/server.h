// One Konsul server: consensus driven on an environment, with its log, its state machine, its
// peers.
//
// A composition of small parts, each in a file of its own:
//   RaftDriver         owns raft::Raft, turns inputs into Ready, hands the work out
//   LogWriter          one fiber: gathers batches, appends, reports what is durable (group commit)
//   Applier            one fiber: applies what is committed, answers proposals, wakes readers
//   SnapshotTaker      one fiber: writes snapshots, compacts the log
//   SnapshotSender     on the leader: a fiber for each follower that needs a snapshot
//   SnapshotInstaller  takes in what a leader sends
//   MembershipDriver   on the leader: joins, leaves, hand-overs; one fiber that promotes learners
//   Bootstrap          one fiber, until the cluster exists: finds the other servers, agrees with
//                      them or asks them for membership
//   Transport          net/rpc, handed in
// The storage is opened by the composition root (cmd, sim/cluster) and handed in as well.
#ifndef KONSUL_CORE_SERVER_SERVER_H_
#define KONSUL_CORE_SERVER_SERVER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/base/ids.h"
#include "core/env/env.h"
#include "core/raft/log_storage.h"
#include "core/raft/raft.h"
#include "core/server/consensus.h"
#include "core/server/observer.h"
#include "core/server/operator.h"
#include "core/server/snapshot_options.h"
#include "core/server/snapshot_store.h"
#include "core/server/transport.h"
#include "core/state/state_machine.h"

namespace konsul::server {

struct Options {
  NodeId id;
  ClusterId cluster;  // as stored with the identity; 0 before the bootstrap
  std::string name;
  env::Endpoint address;  // where peers reach our RPC port
  // How many servers begin a cluster together; 0: this one only joins a cluster that exists.
  uint32_t bootstrap_expect = 1;
  std::vector<env::Endpoint> retry_join;
  raft::Options raft;
  SnapshotOptions snapshots;
  // Committed and not applied yet; beyond this, proposals are refused.
  uint64_t apply_lag_max = 65536;
  Observer* observer = nullptr;
};

// What the composition root opened. All outlive the Server.
struct Storage {
  raft::LogStorage& log;
  raft::Recovered recovered;
  state::StateMachine& state;
  SnapshotStore& snapshots;
  // Makes the cluster id durable beside the node id; suspends.
  std::function<absl::Status(ClusterId)> store_cluster;
};

class Server : public Consensus, public Operator, public TransportHandler {
 public:
  static std::unique_ptr<Server> Create(const env::Env& env, Options options, Storage storage);

  // Starts the server's fibers in `group`. The transport must be ready to send. Cancel and join the
  // group before the server or the transport is destroyed.
  virtual void Start(Transport& transport, fiber::Group& group) = 0;

  // Not OK once the server can no longer keep its promises (the log cannot be synced, the table
  // store is full). It then answers nothing any more; the process should end with the text.
  // Suspends until that happens, or Cancelled.
  virtual absl::Status WaitForFailure() = 0;

  // Before the server is stopped for good or for a restart: hands the leadership over, if it has
  // it, so that nobody has to wait for a time-out. Suspends; at most a second or two.
  virtual void PrepareToStop() = 0;

  virtual raft::Status raft_status() const = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SERVER_H_
