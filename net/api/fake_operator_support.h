// A cluster that is as the test says, and writes down what is asked of it.
#ifndef KONSUL_NET_API_FAKE_OPERATOR_SUPPORT_H_
#define KONSUL_NET_API_FAKE_OPERATOR_SUPPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/fiber/scheduler.h"
#include "core/server/operator.h"
#include "net/api/fake_snapshots_support.h"

namespace konsul::net_api {

class FakeOperator : public server::Operator {
 public:
  FakeOperator(fiber::Scheduler& scheduler, state::TableStore& store)
      : scheduler_(scheduler), snapshots_(store) {
    members.configuration_index = Index(9);
    members.last_index = Index(120);
    members.term = Term(3);
    for (uint64_t id = 1; id <= 3; ++id) {
      server::Peer peer;
      peer.member = {NodeId(id), absl::StrCat("n", id), absl::StrCat("127.0.0.", id, ":8300")};
      peer.voter = true;
      peer.leader = id == 1;
      if (id != 1) peer.progress = {Index(120), 1500us, false};
      members.peers.push_back(std::move(peer));
    }
    stats.id = NodeId(1);
    stats.name = "n1";
    stats.cluster = ClusterId(0xabc);
    stats.role = raft::Role::kLeader;
    stats.term = Term(3);
    stats.leader = NodeId(1);
    stats.last_index = stats.durable = Index(120);
    stats.commit = stats.applied = Index(119);
  }

  absl::StatusOr<server::Membership> Members(bool stale, Instant) override {
    if (absl::Status status = scheduler_.Yield(); !status.ok()) return status;
    if (!failure.ok() && !stale) return failure;
    return members;
  }
  absl::Status TransferLeadership(NodeId to, Instant) override {
    return Done(absl::StrCat("transfer to ", to.value));
  }
  absl::Status AddServer(const raft::Member& member, Instant) override {
    return Done(absl::StrCat("add ", member.name));
  }
  absl::Status RemoveServer(NodeId id, Instant) override {
    return Done(absl::StrCat("remove ", id.value));
  }
  absl::StatusOr<Index> TakeSnapshot(Instant) override {
    if (absl::Status status = Done("snapshot"); !status.ok()) return status;
    return Index(119);
  }
  absl::StatusOr<std::unique_ptr<server::SnapshotFile>> OpenSnapshot(Instant) override {
    if (absl::Status status = Done("open snapshot"); !status.ok()) return status;
    return snapshots_.Open();
  }
  absl::StatusOr<std::unique_ptr<server::SnapshotSpool>> SpoolSnapshot() override {
    return snapshots_.Spool();
  }
  absl::Status SweepSnapshots() override { return absl::OkStatus(); }
  absl::Status Join(const std::string& address, Instant) override {
    return Done(absl::StrCat("join ", address));
  }
  server::ServerStats Stats() const override { return stats; }

  server::Membership members;
  server::ServerStats stats;
  absl::Status failure;
  std::vector<std::string> done;

 private:
  absl::Status Done(std::string what) {
    if (absl::Status status = scheduler_.Yield(); !status.ok()) return status;
    if (failure.ok()) done.push_back(std::move(what));
    return failure;
  }

  fiber::Scheduler& scheduler_;
  FakeSnapshots snapshots_;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_FAKE_OPERATOR_SUPPORT_H_
