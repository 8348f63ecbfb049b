// The parts of a server put together. Included by server.cc and its tests only.
#ifndef KONSUL_CORE_SERVER_SERVER_IMPL_H_
#define KONSUL_CORE_SERVER_SERVER_IMPL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/server/applier.h"
#include "core/server/bootstrap.h"
#include "core/server/log_writer.h"
#include "core/server/raft_driver.h"
#include "core/server/read_batcher.h"
#include "core/server/server.h"

namespace konsul::server {

class ServerImpl final : public Server {
 public:
  ServerImpl(const env::Env& env, Options options, Storage storage);

  void Start(Transport& transport, fiber::Group& group) override;
  absl::Status WaitForFailure() override;
  raft::Status raft_status() const override { return driver_.raft().status(); }

  absl::StatusOr<std::string> Execute(std::string command, Instant deadline) override;
  absl::StatusOr<ReadPoint> ReadBarrier(Consistency consistency, Instant deadline) override;
  std::string LeaderAddress() const override;
  std::vector<std::string> PeerAddresses() const override;

  Introduction Introduce() const override;
  absl::Status OnIntroduction(const Introduction& peer) override;
  void OnRaftMessage(raft::Message message) override;
  void OnPeerLost(NodeId peer) override;
  absl::StatusOr<ExecuteReply> OnExecute(ExecuteRequest request, Instant deadline) override;
  absl::StatusOr<ReadIndexReply> OnReadIndex(ReadIndexRequest request, Instant deadline) override;

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
  // Keeps transport and identity in step with the configuration in the log.
  void ConfigurationChanged();

  absl::Status RunBootstrap();
  absl::StatusOr<ExecuteReply> ExecuteHere(const std::string& command, Instant deadline);
  absl::StatusOr<Index> ConfirmHere(Instant deadline);
  absl::StatusOr<Index> ReadRound();
  // Suspends until a leader is known; Unavailable "No cluster leader" when that takes too long.
  absl::StatusOr<NodeId> AwaitLeader(Instant deadline);

  const env::Env env_;
  Options options_;
  Storage storage_;
  BootstrapView view_;
  RaftDriver driver_;
  LogWriter log_writer_;
  Applier applier_;
  ReadBatcher read_batcher_;
  Transport* transport_ = nullptr;

  std::map<uint64_t, PendingRead*> pending_reads_;
  uint64_t next_read_context_ = 1;
  Instant leader_contact_;

  absl::Status failure_;
  fiber::WaitList failed_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_SERVER_IMPL_H_
