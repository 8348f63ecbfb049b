// Two servers' transports, talking over streams in memory on virtual time.
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/http/memory_stream_support.h"
#include "net/rpc/rpc_server.h"
#include "net/rpc/rpc_transport.h"

namespace konsul::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

env::Endpoint AddressOf(uint64_t id) { return {absl::StrCat("10.0.0.", id), 8300}; }

// Writes down what the transport tells it, and answers what the test says.
class FakeHandler : public server::TransportHandler {
 public:
  FakeHandler(fiber::Scheduler& scheduler, uint64_t id) : id_(id), answers_(scheduler) {}

  server::Introduction Introduce() const override {
    return {NodeId(id_), ClusterId(7), absl::StrCat("n", id_), AddressOf(id_).ToString(), {}, 0};
  }
  absl::Status OnIntroduction(const server::Introduction& peer) override {
    ++introductions;
    return peer.id == unwelcome ? absl::FailedPreconditionError("you were removed")
                                : absl::OkStatus();
  }
  void OnRaftMessage(raft::Message message) override {
    messages.push_back(raft::Describe(message));
  }
  void OnPeerLost(NodeId peer, bool closed) override {
    lost.push_back(absl::StrCat(peer.value, closed ? " closed" : " given up"));
  }
  absl::StatusOr<server::ExecuteReply> OnExecute(server::ExecuteRequest request,
                                                 Instant deadline) override {
    ++executing;
    while (hold) {
      const absl::Status status = answers_.Wait(deadline);
      if (!status.ok()) return status;
    }
    return server::ExecuteReply{Index(5), "done " + request.command};
  }
  absl::StatusOr<server::ReadIndexReply> OnReadIndex(server::ReadIndexRequest request,
                                                     Instant) override {
    return server::ReadIndexReply{Index(request.lease ? 2 : 1)};
  }
  absl::StatusOr<server::AdminReply> OnAdmin(server::AdminRequest request, Instant) override {
    if (request.kind == server::AdminRequest::Kind::kTransfer) {
      return absl::AbortedError("it did not catch up");
    }
    server::AdminReply reply;
    reply.members.peers.push_back({.member = request.member});
    return reply;
  }
  absl::StatusOr<server::SnapshotChunkReply> OnSnapshotChunk(server::SnapshotChunk chunk,
                                                             Instant) override {
    chunks.push_back(chunk.offset);
    return server::SnapshotChunkReply{Term(7), chunk.offset + chunk.bytes.size(), false};
  }

  void Release() {
    hold = false;
    answers_.WakeAll();
  }

  NodeId unwelcome;
  bool hold = false;
  int introductions = 0;
  int executing = 0;
  std::vector<std::string> messages;
  std::vector<std::string> lost;
  std::vector<uint64_t> chunks;

 private:
  const uint64_t id_;
  fiber::WaitList answers_;
};

class Node {
 public:
  Node(const env::Env& env, uint64_t id)
      : handler(env.scheduler, id),
        env_(env),
        links_(std::make_unique<fiber::Group>(env.scheduler)),
        transport(env, handler, *links_),
        server_(env, handler, [this](NodeId peer) { transport.PeerIsUp(peer); }),
        listener_(*env.network.Listen(AddressOf(id))),
        serving_(std::make_unique<fiber::Group>(env.scheduler)) {
    serving_->Spawn("serve", [this] { (void)server_.Serve(*listener_); });
  }
  // On a fiber.
  void End() {
    links_.reset();
    serving_.reset();
    listener_.reset();
  }

  FakeHandler handler;

 private:
  env::Env env_;
  std::unique_ptr<fiber::Group> links_;

 public:
  RpcTransport transport;

 private:
  RpcServer server_;
  std::unique_ptr<env::Listener> listener_;
  std::unique_ptr<fiber::Group> serving_;
};

raft::Message Vote(uint64_t from, uint64_t to) {
  return {NodeId(from), NodeId(to), Term(3), raft::VoteReply{false, true}};
}

class LinkTest : public ::testing::Test {
 protected:
  LinkTest() { Start(1), Start(2); }
  ~LinkTest() override { Stop(1), Stop(2); }

  void Start(uint64_t id) { nodes_[id] = std::make_unique<Node>(world_.env, id); }
  void Stop(uint64_t id) {
    if (nodes_[id] == nullptr) return;
    world_.OnFiber([&] { nodes_[id]->End(); });
    nodes_[id].reset();
  }
  void Connect() {
    At(1).transport.Learn(NodeId(2), AddressOf(2));
    At(2).transport.Learn(NodeId(1), AddressOf(1));
    world_.RunFor(1ms);
  }
  Node& At(uint64_t id) { return *nodes_[id]; }
  // The result of a call on a fiber.
  template <typename Body>
  auto On(Body body) {
    std::optional<decltype(body())> result;
    world_.OnFiber([&] { result = body(); });
    return *std::move(result);
  }
  absl::StatusOr<server::ExecuteReply> Execute(std::string command, Duration patience = 1s) {
    return On([&] {
      return At(1).transport.Execute(NodeId(2), {std::move(command)}, world_.env.After(patience));
    });
  }

  http::MemoryWorld world_;
  std::unique_ptr<Node> nodes_[3];
};

TEST_F(LinkTest, MessagesAndRequestsArrive) {
  Connect();
  At(1).transport.Send(Vote(1, 2));
  At(2).transport.Send(Vote(2, 1));
  world_.RunFor(1ms);
  EXPECT_THAT(At(2).handler.messages, ElementsAre(raft::Describe(Vote(1, 2))));
  EXPECT_THAT(At(1).handler.messages, ElementsAre(raft::Describe(Vote(2, 1))));
  EXPECT_EQ(Execute("it")->result, "done it");
  EXPECT_EQ(On([&] {
              return At(1).transport.ReadIndex(NodeId(2), {.lease = true}, world_.env.After(1s));
            })->index,
            Index(2));
  using Kind = server::AdminRequest::Kind;
  const raft::Member member{NodeId(9), "n9", "10.0.0.9:8300"};
  const auto added = On([&] {
    return At(1).transport.Admin(NodeId(2), {Kind::kAddServer, member}, world_.env.After(1s));
  });
  EXPECT_EQ(added->members.peers.front().member, member);
  const auto transfer = On([&] {
    return At(1).transport.Admin(NodeId(2), {Kind::kTransfer, {}}, world_.env.After(1s));
  });
  EXPECT_EQ(transfer.status(), absl::AbortedError("it did not catch up"));
}

TEST_F(LinkTest, AnEndedPeerIsNoticedAtOnceOnBothConnections) {
  Connect();
  Stop(2);
  world_.Run();  // without any time
  EXPECT_THAT(At(1).handler.lost, ElementsAre("2 closed", "2 closed"));
}

TEST_F(LinkTest, ARestartedPeerIsConnectedBothWaysBeforeTheNextAttemptWasDue) {
  Connect();
  Stop(2);
  world_.RunFor(10s);  // attempts are 125 to 250 ms apart by now
  Start(2);
  At(2).transport.Learn(NodeId(1), AddressOf(1));
  world_.RunFor(1ms);
  At(1).transport.Send(Vote(1, 2));
  At(2).transport.Send(Vote(2, 1));
  world_.RunFor(1ms);
  EXPECT_EQ(At(2).handler.messages.size(), 1u);
  EXPECT_EQ(At(1).handler.messages.size(), 1u);
}

TEST_F(LinkTest, AServerThatComesUpIsFoundWithinTheLongestPause) {
  Stop(2);
  At(1).transport.Learn(NodeId(2), AddressOf(2));
  world_.RunFor(10s);
  Start(2);
  world_.RunFor(250ms);
  EXPECT_TRUE(Execute("it").ok());
}

TEST_F(LinkTest, QuietLinksStayUp) {
  Connect();
  world_.RunFor(60s);
  EXPECT_THAT(At(1).handler.lost, IsEmpty());
  EXPECT_THAT(At(2).handler.lost, IsEmpty());
  EXPECT_EQ(At(1).handler.introductions, 2) << "one for each direction";
}

TEST_F(LinkTest, ASilentConnectionIsGivenUpAndDialledAnew) {
  // Somebody accepts, introduces itself as 2, and never says a word again.
  Stop(2);
  auto listener = *world_.network.Listen(AddressOf(2));
  FakeHandler impostor(world_.scheduler, 2);
  std::vector<std::unique_ptr<Connection>> held;
  fiber::Group silent(world_.scheduler);
  silent.Spawn("silent", [&] {
    while (true) {
      auto stream = listener->Accept(Instant::Never());
      if (!stream.ok()) return;
      held.push_back(std::make_unique<Connection>(world_.env, *std::move(stream)));
      (void)held.back()->Receive(Instant::Never());
      (void)held.back()->SendNow({.body = Hello{impostor.Introduce()}}, Instant::Never());
    }
  });
  At(1).transport.Learn(NodeId(2), AddressOf(2));
  world_.RunFor(1s);
  EXPECT_THAT(At(1).handler.lost, IsEmpty());
  world_.RunFor(1500ms);
  EXPECT_THAT(At(1).handler.lost, ElementsAre("2 given up"));
  EXPECT_EQ(held.size(), 2u) << "dialled again";
  world_.OnFiber([&] {
    silent.Cancel();
    silent.Join();
    held.clear();
  });
}

TEST_F(LinkTest, AnInboundLinkThatFallsSilentIsClosed) {
  world_.OnFiber([&] {
    FakeHandler other(world_.scheduler, 3);
    auto introduced =
        DialAndIntroduce(world_.env, AddressOf(1), other, Purpose::kLink, {}, Instant::Never());
    ASSERT_TRUE(introduced.ok()) << introduced.status();
    const Instant began = world_.env.clock.Now();
    EXPECT_TRUE(absl::IsUnavailable(introduced->connection->Receive(Instant::Never()).status()));
    EXPECT_EQ(world_.env.clock.Now() - began, Patience().inbound_silence);
  });
  world_.Run();
  EXPECT_THAT(At(1).handler.lost, ElementsAre("3 given up"));
}

TEST_F(LinkTest, ANewLinkEndsTheOneBeforeIt) {
  world_.OnFiber([&] {
    FakeHandler other(world_.scheduler, 3);
    const auto dial = [&] {
      return DialAndIntroduce(world_.env, AddressOf(1), other, Purpose::kLink, {},
                              Instant::Never());
    };
    auto first = dial();
    auto second = dial();
    EXPECT_TRUE(absl::IsUnavailable(first->connection->Receive(world_.env.After(1s)).status()));
    ASSERT_TRUE(second->connection->SendNow({.body = Ping{}}, Instant::Never()).ok());
    const auto pong = second->connection->Receive(world_.env.After(1s));
    ASSERT_TRUE(pong.ok()) << pong.status();
    EXPECT_TRUE(std::holds_alternative<Pong>(pong->body));
    EXPECT_THAT(At(1).handler.lost, ElementsAre("3 given up"));
  });
}

TEST_F(LinkTest, QuestionsAndSnapshotsSayNothingAboutTheirPeer) {
  const auto answer =
      On([&] { return At(1).transport.Introduce(AddressOf(2), world_.env.After(1s)); });
  EXPECT_EQ(answer->id, NodeId(2));
  world_.RunFor(1ms);
  EXPECT_THAT(At(2).handler.lost, IsEmpty());
}

server::SnapshotChunk Chunk(uint64_t offset) {
  server::SnapshotChunk chunk;
  chunk.from = NodeId(1);
  chunk.term = Term(7);
  chunk.meta.point.last = {Index(100), Term(6)};
  chunk.meta.point.configuration_index = Index(1);
  chunk.meta.point.configuration.voters = {{NodeId(1), "n1", "127.0.0.1:8300"}};
  chunk.meta.bytes = 4 << 20;
  chunk.offset = offset;
  chunk.bytes.assign(1 << 20, 'x');
  return chunk;
}

TEST_F(LinkTest, SnapshotsGoOverAConnectionOfTheirOwnThatEndsWhenIdle) {
  Connect();
  const size_t links = world_.network.accepted.size();
  for (const uint64_t offset : {0u, 1u << 20}) {
    const auto reply = On(
        [&] { return At(1).transport.SendChunk(NodeId(2), Chunk(offset), world_.env.After(1s)); });
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->offset, offset + (1 << 20));
  }
  EXPECT_EQ(world_.network.accepted.size(), links + 1) << "one for both";
  world_.RunFor(30s);
  EXPECT_THAT(At(1).handler.lost, IsEmpty());
  EXPECT_THAT(At(2).handler.lost, IsEmpty());
  // Afterwards there is a fresh one.
  ASSERT_TRUE(On([&] {
                return At(1).transport.SendChunk(NodeId(2), Chunk(0), world_.env.After(1s));
              }).ok());
  EXPECT_EQ(world_.network.accepted.size(), links + 2);
  EXPECT_THAT(At(2).handler.chunks, ElementsAre(0, 1 << 20, 0));
  Stop(2);
  const auto broken =
      On([&] { return At(1).transport.SendChunk(NodeId(2), Chunk(0), world_.env.After(1s)); });
  EXPECT_TRUE(absl::IsAborted(broken.status())) << broken.status();
  const auto gone =
      On([&] { return At(1).transport.SendChunk(NodeId(2), Chunk(0), world_.env.After(1s)); });
  EXPECT_TRUE(absl::IsUnavailable(gone.status())) << gone.status();
}

TEST_F(LinkTest, WhoeverIsRefusedTriesSeldomAndSaysItOnce) {
  At(2).handler.unwelcome = NodeId(1);
  At(1).transport.Learn(NodeId(2), AddressOf(2));
  world_.RunFor(60s);
  EXPECT_LE(At(2).handler.introductions, 25);
  EXPECT_GE(At(2).handler.introductions, 12);
  int complaints = 0;
  for (const std::string& line : world_.logger.lines) {
    if (line.find("peer 0000000000000002") != std::string::npos) ++complaints;
  }
  EXPECT_EQ(complaints, 1) << ::testing::PrintToString(world_.logger.lines);
  // Once it is welcome on the other side as well, that need not wait for the next attempt.
  At(2).handler.unwelcome = NodeId();
  At(2).transport.Learn(NodeId(1), AddressOf(1));
  world_.RunFor(1ms);
  EXPECT_TRUE(Execute("it", 1ms).ok());
}

TEST_F(LinkTest, RequestsFailByWhatIsKnownOfThem) {
  EXPECT_TRUE(absl::IsUnavailable(Execute("before").status())) << "not known here";
  Connect();
  At(2).handler.hold = true;
  EXPECT_TRUE(absl::IsDeadlineExceeded(Execute("slow").status()));
  absl::StatusOr<server::ExecuteReply> lost;
  world_.group.Spawn(
      "lost", [&] { lost = At(1).transport.Execute(NodeId(2), {"lost"}, world_.env.After(60s)); });
  world_.RunFor(1ms);
  Stop(2);
  world_.Run();
  EXPECT_TRUE(absl::IsAborted(lost.status())) << lost.status();
  EXPECT_TRUE(absl::IsUnavailable(Execute("after").status()));
}

TEST_F(LinkTest, TooMuchUnderWayIsRefusedAndNotQueued) {
  Connect();
  At(2).handler.hold = true;
  size_t refused = 0;
  const size_t kRequests = 100;  // of 512 KiB: 50 MiB
  for (size_t i = 0; i < kRequests; ++i) {
    world_.group.Spawn("request", [&] {
      const auto reply =
          At(1).transport.Execute(NodeId(2), {std::string(512 << 10, 'x')}, world_.env.After(60s));
      if (absl::IsResourceExhausted(reply.status())) ++refused;
    });
    world_.RunFor(1ms);
  }
  EXPECT_EQ(At(2).handler.executing, 64) << "32 MiB of commands";
  EXPECT_EQ(refused, kRequests - 64);
  EXPECT_THAT(At(1).handler.lost, IsEmpty()) << "the link itself is in good health";
  At(2).handler.Release();
  world_.RunFor(1ms);
  EXPECT_TRUE(Execute("it").ok()) << "there is room again";
}

TEST_F(LinkTest, ASlowPeerCostsBoundedMemory) {
  Connect();
  // It takes nothing any more: its end of the stream is full, and so is our queue at last.
  raft::AppendRequest append{Index(4), Term(3), Index(3), 0, 0, {}};
  append.entries.push_back(
      {Index(5), Term(3), raft::EntryKind::kCommand, raft::MakePayload(std::string(1 << 20, 'x'))});
  // Without giving way, nothing is written.
  for (int i = 0; i < 64; ++i) {
    At(1).transport.Send({NodeId(1), NodeId(2), Term(3), append});
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Execute(std::string(1 << 20, 'x')).status()));
  world_.RunFor(1s);
  EXPECT_EQ(At(2).handler.messages.size(), 15u) << "of a queue of 16 MiB, frames included";
  EXPECT_TRUE(Execute("it").ok()) << "drained";
}

TEST_F(LinkTest, AForgottenServerIsDialledNoMoreUntilItIsLearntAgain) {
  Connect();
  At(1).transport.Forget(NodeId(2));
  world_.RunFor(10s);
  EXPECT_THAT(At(1).handler.lost, ElementsAre("2 given up"));
  EXPECT_TRUE(absl::IsUnavailable(Execute("it").status()));
  EXPECT_EQ(At(2).handler.introductions, 2);
  At(1).transport.Learn(NodeId(2), AddressOf(2));
  world_.RunFor(1ms);
  EXPECT_TRUE(Execute("it").ok());
}

TEST_F(LinkTest, NobodySpeaksForAnother) {
  world_.OnFiber([&] {
    FakeHandler other(world_.scheduler, 3);
    auto introduced =
        DialAndIntroduce(world_.env, AddressOf(1), other, Purpose::kLink, {}, Instant::Never());
    const Envelope lie{.body = Vote(2, 1)};
    ASSERT_TRUE(introduced->connection->SendNow(lie, Instant::Never()).ok());
    EXPECT_FALSE(introduced->connection->Receive(world_.env.After(1s)).ok());
  });
  EXPECT_THAT(At(1).handler.messages, IsEmpty());
  ASSERT_FALSE(world_.logger.lines.empty());
  EXPECT_THAT(world_.logger.lines.back(), HasSubstr("speaks for"));
}

TEST_F(LinkTest, AStrangerCannotMakeUsHoldMuch) {
  world_.OnFiber([&] {
    auto stream = *world_.network.Dial(AddressOf(1), Instant::Never());
    Connection connection(world_.env, std::move(stream));
    FakeHandler other(world_.scheduler, 3);
    server::Introduction long_one = other.Introduce();
    long_one.name.assign(1 << 20, 'x');
    (void)connection.SendNow({.body = Hello{long_one}}, world_.env.After(1s));
    const auto reply = connection.Receive(world_.env.After(1s));
    EXPECT_FALSE(reply.ok() && std::holds_alternative<Hello>(reply->body));
  });
  EXPECT_EQ(At(1).handler.introductions, 0);
}

}  // namespace
}  // namespace konsul::rpc
