// The parts of a server put together. Included by its own .cc files and tests only:
//
//   server.cc            start, failure, what consensus wants done
//   server_writes.cc     commands
//   server_reads.cc      read barriers
//   server_peers.cc      what other servers say
//   server_bootstrap.cc  the way into a cluster
//   server_operator.cc   what operators ask
#ifndef KONSUL_CORE_SERVER_SERVER_IMPL_H_
#define KONSUL_CORE_SERVER_SERVER_IMPL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/server/acquaintances.h"
#include "core/server/applier.h"
#include "core/server/bootstrap.h"
#include "core/server/commit_timer.h"
#include "core/server/log_writer.h"
#include "core/server/membership_driver.h"
#include "core/server/raft_driver.h"
#include "core/server/read_batcher.h"
#include "core/server/server.h"
#include "core/server/snapshot_installer.h"
#include "core/server/snapshot_sender.h"
#include "core/server/snapshot_taker.h"

namespace konsul::server {

class ServerImpl final : public Server {
 public:
  ServerImpl(const env::Env& env, Options options, Storage storage);

  void Start(Transport& transport, fiber::Group& group) override;
  absl::Status WaitForFailure() override;
  void PrepareToStop() override;
  raft::Status raft_status() const override { return driver_.raft().status(); }

  absl::StatusOr<std::string> Execute(std::string command, Instant deadline) override;
  absl::StatusOr<ReadPoint> ReadBarrier(Consistency consistency, Instant deadline) override;
  std::string LeaderAddress() const override;
  std::vector<std::string> PeerAddresses() const override;

  absl::StatusOr<Membership> Members(bool stale, Instant deadline) override;
  absl::Status TransferLeadership(NodeId to, Instant deadline) override;
  absl::Status AddServer(const raft::Member& member, Instant deadline) override;
  absl::Status RemoveServer(NodeId id, Instant deadline) override;
  absl::StatusOr<Index> TakeSnapshot(Instant deadline) override;
  absl::StatusOr<std::unique_ptr<SnapshotFile>> OpenSnapshot(Instant deadline) override;
  absl::StatusOr<std::unique_ptr<SnapshotSpool>> SpoolSnapshot() override;
  absl::Status SweepSnapshots() override;
  absl::Status Join(const std::string& address, Instant deadline) override;
  ServerStats Stats() const override;

  Introduction Introduce() const override;
  absl::Status OnIntroduction(const Introduction& peer) override;
  void OnRaftMessage(raft::Message message) override;
  void OnPeerLost(NodeId peer, bool closed) override;
  absl::StatusOr<ExecuteReply> OnExecute(ExecuteRequest request, Instant deadline) override;
  absl::StatusOr<ReadIndexReply> OnReadIndex(ReadIndexRequest request, Instant deadline) override;
  absl::StatusOr<AdminReply> OnAdmin(AdminRequest request, Instant deadline) override;
  absl::StatusOr<SnapshotChunkReply> OnSnapshotChunk(SnapshotChunk chunk,
                                                     Instant deadline) override;

 private:
  // A read round on the leader that waits for its quorum; on the stack of the waiting fiber.
  struct PendingRead {
    explicit PendingRead(fiber::Scheduler& scheduler) : wakes(scheduler) {}
    fiber::WaitList wakes;
    bool done = false;
    absl::StatusOr<Index> result = Index();
  };

  void Dispatch(raft::Ready ready);
  void FinishRead(uint64_t context, absl::StatusOr<Index> result);
  void Fail(const absl::Status& status);
  void LeaderChanged(NodeId before);
  void NotePeer(const Introduction& peer);
  void Dial(NodeId id, const env::Endpoint& address);
  void PartFromGuests();
  // Keeps transport and identity in step with the configuration in the log.
  void ConfigurationChanged();

  // server_bootstrap.cc
  absl::Status RunBootstrap();
  bool IsFounding() const;
  bool BeginsWithUs() const;
  void LogWhatIsMissing();
  bool HasItsPlace() const;
  bool IsSettled() const;
  std::vector<env::Endpoint> AddressesToAsk() const;
  absl::Status AskAround(bool log);
  absl::Status Ask(const env::Endpoint& address, Instant deadline);
  absl::Status BeginTogether();
  absl::Status RunAddressUpdate();
  absl::Status RunClusterUpdate();

  absl::StatusOr<raft::Raft::Proposed> Propose(const std::string& command);
  absl::StatusOr<ExecuteReply> Forward(NodeId leader, const std::string& command, Instant deadline);
  absl::StatusOr<ExecuteReply> ExecuteHere(const std::string& command, Instant deadline);
  absl::StatusOr<Index> ConfirmHere(Instant deadline);
  absl::StatusOr<Index> ReadRound(bool lease);
  absl::StatusOr<AdminReply> Admin(AdminRequest request, Instant deadline);
  // Suspends until a leader is known; Unavailable "No cluster leader" when that takes too long.
  absl::StatusOr<NodeId> AwaitLeader(Instant deadline);

  const env::Env env_;
  Options options_;
  Storage storage_;
  BootstrapView view_;
  Acquaintances acquaintances_;
  RaftDriver driver_;
  LogWriter log_writer_;
  Applier applier_;
  ReadBatcher consistent_reads_;
  ReadBatcher default_reads_;
  SnapshotTaker snapshot_taker_;
  SnapshotSender snapshot_sender_;
  SnapshotInstaller snapshot_installer_;
  MembershipDriver membership_;
  Transport* transport_ = nullptr;
  fiber::Group* group_ = nullptr;

  std::map<uint64_t, PendingRead*> pending_reads_;
  uint64_t next_read_context_ = 1;
  Instant leader_contact_;
  bool parting_ = false;      // a fiber waits for guests to fall silent
  NodeId asked_;              // who is to let this server in, while it is asked
  ClusterId stored_cluster_;  // in the node file
  ClusterId found_cluster_;   // of a server that has one, before this one has
  // It is in a configuration that has not been committed for long, so maybe in nobody else's.
  bool doubts_its_place_ = false;
  CommitTimer commit_timer_;
  uint64_t rejected_proposals_ = 0;

  absl::Status failure_;
  fiber::WaitList failed_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SERVER_IMPL_H_
