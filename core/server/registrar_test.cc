#include "core/server/registrar.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/server/node_uuid.h"
#include "core/server/parts_support.h"
#include "core/state/catalog_reader.h"
#include "core/state/machine_support.h"
#include "gtest/gtest.h"

namespace konsul::server {
namespace {

// A leader with real tables: what it proposes is applied at once.
class RegistrarTest : public PartsTest, public Consensus, public Operator {
 protected:
  RegistrarTest() { Member(1, "n1", "10.0.0.1:8300"); }
  ~RegistrarTest() override { Stop(); }

  absl::StatusOr<std::string> Execute(std::string command, Instant) override {
    ++proposals_;
    return wire::EncodeCommandResult(world_.Apply(*wire::DecodeCommand(command)));
  }
  absl::StatusOr<ReadPoint> ReadBarrier(Consistency, Instant) override { return ReadPoint(); }
  std::string LeaderAddress() const override { return ""; }
  std::vector<std::string> PeerAddresses() const override { return {}; }

  absl::StatusOr<Membership> Members(bool, Instant) override { return members_; }
  absl::Status TransferLeadership(NodeId, Instant) override { return absl::OkStatus(); }
  absl::Status AddServer(const raft::Member&, Instant) override { return absl::OkStatus(); }
  absl::Status RemoveServer(NodeId, Instant) override { return absl::OkStatus(); }
  absl::StatusOr<Index> TakeSnapshot(Instant) override { return Index(1); }
  absl::StatusOr<std::unique_ptr<SnapshotFile>> OpenSnapshot(Instant) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::unique_ptr<SnapshotSpool>> SpoolSnapshot() override {
    return absl::UnimplementedError("");
  }
  absl::Status SweepSnapshots() override { return absl::OkStatus(); }
  absl::Status Join(const std::string&, Instant) override { return absl::OkStatus(); }
  ServerStats Stats() const override {
    ServerStats stats;
    stats.role = raft::Role::kLeader;
    return stats;
  }

  void Member(uint64_t id, std::string name, std::string address) {
    Peer peer;
    peer.member = {NodeId(id), std::move(name), std::move(address)};
    members_.peers.push_back(std::move(peer));
  }
  // For ten looks; how many commands that took.
  int Look(std::string version = "1.2.3") {
    const int before = proposals_;
    Registrar registrar({clock, scheduler, logger_}, *this, *this, world_.store(), "dc1", version);
    group_ = std::make_unique<fiber::Group>(scheduler);
    group_->Spawn("registrar", [&] { registrar.Run(); });
    for (int i = 0; i < 10; ++i) Run(clock.now + Registrar::kInterval);
    Stop();
    return proposals_ - before;
  }
  void Stop() {
    if (group_ == nullptr) return;
    group_->Cancel();
    Run(clock.now);
    group_.reset();
  }
  std::string Register(absl::string_view name, const std::string& id, absl::string_view alive) {
    return world_.Say(
        wire::Register{.node = {.id = id, .name = name, .address = "1.1.1.1"},
                       .checks = {{.node = name, .id = "serfHealth", .status = alive}}});
  }
  // "NAME LAST DIGIT OF ID; ..."
  std::string Nodes() {
    const auto txn = world_.store().Read();
    return absl::StrJoin(state::ListNodes(*txn)->nodes, "; ",
                         [](std::string* out, const wire::Node& node) {
                           const auto id = ParseNodeId(node.id);
                           absl::StrAppend(out, node.name, " ", id ? absl::StrCat(id->value) : "-");
                         });
  }
  // "NAME=VALUE ..." of the tagged addresses and of the meta of n1.
  std::string Told() {
    const auto txn = world_.store().Read();
    const auto node = *state::FindNode(*txn, "n1");
    const auto show = [](const wire::Pairs& pairs) {
      return absl::StrJoin(pairs, " ", absl::PairFormatter("="));
    };
    return node ? absl::StrCat(show(node->tagged_addresses), "; ", show(node->meta)) : "";
  }

  class Quiet final : public Logger {
    bool Enabled(LogLevel) const override { return false; }
    void Write(LogLevel, absl::string_view, absl::string_view,
               absl::Span<const LogField>) override {}
  };

  Quiet logger_;
  state::MachineWorld world_;
  Membership members_;
  int proposals_ = 0;
  std::unique_ptr<fiber::Group> group_;
};

TEST_F(RegistrarTest, TellsWhatConsulsServersTell) {
  EXPECT_EQ(Look(), 1);
  EXPECT_EQ(Told(),
            "lan=10.0.0.1 lan_ipv4=10.0.0.1 wan=10.0.0.1 wan_ipv4=10.0.0.1; "
            "consul-network-segment= consul-version=1.2.3");
  EXPECT_EQ(Look(), 0) << "it is right";
  EXPECT_EQ(Look("1.2.4"), 1);
  EXPECT_EQ(Look("1.2.4"), 0);
  members_.peers[0].member.address = "[fd00::1]:8300";
  EXPECT_EQ(Look(), 1);
  EXPECT_EQ(Told(),
            "lan=fd00::1 lan_ipv6=fd00::1 wan=fd00::1 wan_ipv6=fd00::1; "
            "consul-network-segment= consul-version=1.2.3");
}

TEST_F(RegistrarTest, BringsARegistrationOfBeforeUpToDateAndItsSessionsLive) {
  world_.Apply(wire::Register{
      .node = {.id = NodeUuid(NodeId(1)), .name = "n1", .address = "10.0.0.1", .datacenter = "dc1"},
      .checks = {{.node = "n1", .id = "serfHealth", .status = "passing"}}});
  const std::string id = state::SessionId('1');
  ASSERT_TRUE(world_.Apply(wire::SessionCreate{{.id = id, .node = "n1", .checks = {"serfHealth"}}})
                  .success);
  EXPECT_EQ(Look(), 1);
  EXPECT_NE(Told(), "; ");
  EXPECT_EQ(world_.Rows(state::Table::kSessions), 1u);
}

TEST_F(RegistrarTest, AServerGetsItsNameAndItsIdBackFromWhoeverTookThem) {
  const std::string own = NodeUuid(NodeId(1));
  const std::string other = "aaaaaaaa-0000-0000-0000-000000000009";
  EXPECT_EQ(Register("n1", other, "passing"), "ok");
  Look();
  EXPECT_EQ(Nodes(), "n1 1") << "another node that is said to be alive";
  EXPECT_EQ(Register("x", own, "passing"), "ok");
  EXPECT_EQ(Nodes(), "x 1");
  Look();
  EXPECT_EQ(Nodes(), "n1 1");
  EXPECT_EQ(Register("n1", "", "passing"), "ok");
  EXPECT_EQ(Register("x", own, "passing"), "ok");
  EXPECT_EQ(Nodes(), "n1 -; x 1");
  Look();
  EXPECT_EQ(Nodes(), "n1 1");
  EXPECT_EQ(Look(), 0);
}

TEST_F(RegistrarTest, AServerInThePlaceOfOneThatLeftIsAnotherNode) {
  Look();
  members_.peers.clear();
  Member(2, "n1", "10.0.0.2:8300");
  EXPECT_EQ(Look(), 2);
  EXPECT_EQ(Nodes(), "n1 2");
}

TEST_F(RegistrarTest, RemovesServersThatLeftAndNobodyElse) {
  const std::string kept[] = {"", "00000000-0000-0000-0000-000000000001",
                              "00000000-0000-0001-8000-000000000000"};
  for (size_t i = 0; i < std::size(kept); ++i) {
    EXPECT_EQ(Register(absl::StrCat("x", i), kept[i], "critical"), "ok");
  }
  EXPECT_EQ(Register("left", NodeUuid(NodeId(7)), "passing"), "ok");
  EXPECT_EQ(Look(), 2);
  EXPECT_EQ(Nodes(), "n1 1; x0 -; x1 -; x2 -");
}

TEST_F(RegistrarTest, TwoOfOneNameDoNotTakeTurns) {
  Member(2, "N1", "10.0.0.2:8300");
  EXPECT_EQ(Look(), 1);
  EXPECT_EQ(Nodes(), "n1 1");
  EXPECT_EQ(Look(), 0);
}

}  // namespace
}  // namespace konsul::server
