// A cluster of one that always agrees: commands are applied to a memory store at once, after the
// fiber has given way once as it would in a real server.
#ifndef KONSUL_NET_API_FAKE_CONSENSUS_SUPPORT_H_
#define KONSUL_NET_API_FAKE_CONSENSUS_SUPPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/fiber/scheduler.h"
#include "core/server/consensus.h"
#include "core/state/memory_store_support.h"
#include "core/state/table_machine.h"

namespace konsul::net_api {

class FakeConsensus : public server::Consensus {
 public:
  FakeConsensus(fiber::Scheduler& scheduler, state::MemoryStore& store)
      : scheduler_(scheduler), store_(store), machine_(*state::TableMachine::Open(store)) {
    // As in a real log, the first entry is the first leader's own.
    KONSUL_CHECK(machine_->Apply({{Index(1), ""}}).ok());
  }

  absl::StatusOr<std::string> Execute(std::string command, Instant deadline) override {
    last_deadline = deadline;
    if (absl::Status status = GiveWay(); !status.ok()) return status;
    if (!failure.ok()) return failure;
    const auto results = machine_->Apply({{machine_->applied() + 1, command}});
    if (!results.ok()) return results.status();
    return results->front();
  }

  absl::StatusOr<server::ReadPoint> ReadBarrier(server::Consistency consistency,
                                                Instant deadline) override {
    last_deadline = deadline;
    last_consistency = consistency;
    if (absl::Status status = GiveWay(); !status.ok()) return status;
    if (!failure.ok() && consistency != server::Consistency::kStale) return failure;
    return server::ReadPoint{machine_->applied(), !leader.empty(), last_contact};
  }

  std::string LeaderAddress() const override { return leader; }
  std::vector<std::string> PeerAddresses() const override { return peers; }

  Index applied() const { return machine_->applied(); }
  state::TableMachine& machine() { return *machine_; }

  std::string leader = "127.0.0.1:8300";
  std::vector<std::string> peers = {"127.0.0.1:8300", "127.0.0.2:8300"};
  Duration last_contact{};
  absl::Status failure;
  Instant last_deadline;
  server::Consistency last_consistency = server::Consistency::kDefault;

 private:
  absl::Status GiveWay() {
    KONSUL_CHECK(store_.open_transactions() == 0, "a transaction is held across a suspension");
    return scheduler_.Yield();
  }

  fiber::Scheduler& scheduler_;
  state::MemoryStore& store_;
  std::unique_ptr<state::TableMachine> machine_;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_FAKE_CONSENSUS_SUPPORT_H_
