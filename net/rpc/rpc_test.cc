#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "net/rpc/codec.h"
#include "net/rpc/frame.h"
#include "rapidcheck/gtest.h"

namespace konsul::rpc {
namespace {

std::string Framed(absl::string_view payload) {
  std::string bytes;
  AppendFrame(payload, bytes);
  return bytes;
}

// ---- Frames -------------------------------------------------------------------------------------

RC_GTEST_PROP(FrameProperty, AnySplitGivesTheSamePayloads,
              (const std::vector<std::string>& payloads, uint8_t step)) {
  std::string bytes;
  for (const std::string& payload : payloads) AppendFrame(payload, bytes);
  FrameParser parser;
  std::vector<std::string> got;
  for (size_t at = 0; at < bytes.size(); at += step + 1u) {
    parser.Feed(absl::string_view(bytes).substr(at, step + 1u));
    while (true) {
      auto next = parser.Next();
      RC_ASSERT(next.ok());
      if (!next->has_value()) break;
      got.push_back(**next);
    }
  }
  RC_ASSERT(got == payloads);
}

TEST(FrameTest, EveryFlippedBitOfAFrameIsNoticed) {
  const std::string good = Framed("some payload");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    FrameParser parser;
    parser.Feed(bad);
    const auto next = parser.Next();
    EXPECT_FALSE(next.ok() && next->has_value()) << "bit " << bit;
  }
}

TEST(FrameTest, ForeignBytesAreRecognisedAtOnce) {
  FrameParser parser;
  parser.Feed("GE");
  const auto next = parser.Next();
  EXPECT_TRUE(absl::IsInvalidArgument(next.status()));
  EXPECT_NE(next.status().message().find("\"GE\""), absl::string_view::npos) << next.status();
}

TEST(FrameTest, ALimitHoldsFromTheNextFrameOn) {
  FrameParser parser;
  parser.SetPayloadMax(4);
  parser.Feed(Framed("four") + Framed("five!"));
  EXPECT_EQ(**parser.Next(), "four");
  EXPECT_TRUE(absl::IsInvalidArgument(parser.Next().status()));
  parser.SetPayloadMax(5);
  EXPECT_EQ(**parser.Next(), "five!");
}

TEST(FrameTest, AnAbsurdLengthIsRefusedBeforeItIsWaitedFor) {
  std::string bytes = Framed("x");
  bytes[7] = '\x7f';
  FrameParser parser;
  parser.Feed(bytes);
  EXPECT_TRUE(absl::IsInvalidArgument(parser.Next().status()));
}

// ---- Messages -----------------------------------------------------------------------------------

Envelope RoundTrip(const Envelope& envelope) {
  const auto decoded = Decode(Encode(envelope));
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  return *decoded;
}

raft::Message MessageWith(decltype(raft::Message::body) body) {
  return raft::Message{NodeId(1), NodeId(2), Term(7), std::move(body)};
}

TEST(CodecTest, RaftMessagesSurvive) {
  raft::AppendRequest append{Index(4), Term(6), Index(3), 99, -5, {}};
  append.entries.push_back(
      {Index(5), Term(6), raft::EntryKind::kCommand, raft::MakePayload(std::string("a\0b", 3))});
  append.entries.push_back({Index(6), Term(7), raft::EntryKind::kNoop, raft::MakePayload("")});
  append.to_learner = true;
  const Envelope decoded = RoundTrip({.body = MessageWith(append)});
  const auto& message = std::get<raft::Message>(decoded.body);
  EXPECT_EQ(message.from, NodeId(1));
  EXPECT_EQ(message.to, NodeId(2));
  EXPECT_EQ(message.term, Term(7));
  const auto& got = std::get<raft::AppendRequest>(message.body);
  EXPECT_EQ(got.entries, append.entries);
  EXPECT_EQ(got.commit, Index(3));
  EXPECT_EQ(got.read_round, 99u);
  EXPECT_EQ(got.sent, -5) << "a clock may count from anywhere";
  EXPECT_TRUE(got.to_learner);

  const Envelope vote =
      RoundTrip({.body = MessageWith(raft::VoteRequest{true, true, Index(9), Term(6)})});
  const auto& request = std::get<raft::VoteRequest>(std::get<raft::Message>(vote.body).body);
  EXPECT_TRUE(request.pre);
  EXPECT_TRUE(request.transfer);
  EXPECT_EQ(request.last_index, Index(9));
  EXPECT_EQ(request.last_term, Term(6));
  const Envelope hand_over = RoundTrip({.body = MessageWith(raft::TimeoutNow{})});
  EXPECT_TRUE(
      std::holds_alternative<raft::TimeoutNow>(std::get<raft::Message>(hand_over.body).body));

  const Envelope reply = RoundTrip(
      {.body = MessageWith(raft::AppendReply{false, Index(8), Index(5), Term(2), 17, 23})});
  const auto& rejected = std::get<raft::AppendReply>(std::get<raft::Message>(reply.body).body);
  EXPECT_FALSE(rejected.success);
  EXPECT_EQ(rejected.hint_index, Index(5));
  EXPECT_EQ(rejected.hint_term, Term(2));
  EXPECT_EQ(rejected.read_round, 17u);
  EXPECT_EQ(rejected.sent, 23);
}

TEST(CodecTest, RequestsAndErrorsSurvive) {
  const Envelope execute = RoundTrip({42, 1500, server::ExecuteRequest{std::string("\0\xff", 2)}});
  EXPECT_EQ(execute.request_id, 42u);
  EXPECT_EQ(execute.timeout_ms, 1500u);
  EXPECT_EQ(std::get<server::ExecuteRequest>(execute.body).command, std::string("\0\xff", 2));
  const Envelope error = RoundTrip({42, 0, absl::UnavailableError("not the leader")});
  EXPECT_EQ(std::get<absl::Status>(error.body), absl::UnavailableError("not the leader"));
  for (const bool lease : {false, true}) {
    const Envelope read = RoundTrip({43, 1500, server::ReadIndexRequest{lease}});
    EXPECT_EQ(std::get<server::ReadIndexRequest>(read.body).lease, lease);
  }
}

TEST(CodecTest, IntroductionsSurvive) {
  const server::Introduction hello{
      NodeId(3), ClusterId(4),     "n3", "127.0.0.3:8300", {{NodeId(3), "n3", "127.0.0.3:8300"}},
      3,         Index(1ULL << 40)};
  for (const Purpose purpose : {Purpose::kLink, Purpose::kSnapshot, Purpose::kQuestion}) {
    const Envelope decoded = RoundTrip({.body = Hello{hello, purpose}});
    const Hello& got = std::get<Hello>(decoded.body);
    EXPECT_EQ(got.purpose, purpose);
    EXPECT_EQ(got.introduction.id, NodeId(3));
    EXPECT_EQ(got.introduction.cluster, ClusterId(4));
    EXPECT_EQ(got.introduction.name, "n3");
    EXPECT_EQ(got.introduction.address, "127.0.0.3:8300");
    EXPECT_EQ(got.introduction.view, hello.view);
    EXPECT_EQ(got.introduction.bootstrap_expect, 3u);
    EXPECT_EQ(got.introduction.log_end, Index(1ULL << 40));
  }
  EXPECT_FALSE(Decode(Encode({.body = Hello{hello, static_cast<Purpose>(3)}})).ok());
  EXPECT_FALSE(Decode(Encode({.body = Hello{{}, Purpose::kLink}})).ok()) << "nobody";
}

TEST(CodecTest, AdministrationSurvives) {
  using Kind = server::AdminRequest::Kind;
  const raft::Member member{NodeId(9), "n9", "127.0.0.9:8300"};
  for (const Kind kind : {Kind::kAddServer, Kind::kRemoveServer, Kind::kTransfer, Kind::kMembers}) {
    const Envelope decoded = RoundTrip({1, 2, server::AdminRequest{kind, member}});
    EXPECT_EQ(std::get<server::AdminRequest>(decoded.body).kind, kind);
    EXPECT_EQ(std::get<server::AdminRequest>(decoded.body).member, member);
  }
  const auto refused = [](server::AdminRequest request) {
    return !Decode(Encode({1, 2, std::move(request)})).ok();
  };
  EXPECT_TRUE(refused({Kind::kAddServer, {}})) << "nobody";
  EXPECT_TRUE(refused({Kind::kRemoveServer, {}})) << "nobody";
  EXPECT_FALSE(refused({Kind::kTransfer, {}})) << "to whoever is furthest";
  EXPECT_TRUE(refused({static_cast<Kind>(4), member}));
}

TEST(CodecTest, MembershipsSurvive) {
  server::Membership members{Index(5), true, Index(8), Term(3), {}};
  members.peers.push_back({{NodeId(1), "n1", "127.0.0.1:8300"}, true, false, true, {}});
  members.peers.push_back({{NodeId(2), "n2", "127.0.0.2:8300"},
                           false,
                           true,
                           false,
                           server::Peer::Progress{Index(7), 12ms, true}});
  const Envelope decoded = RoundTrip({1, 0, server::AdminReply{members}});
  const server::Membership& got = std::get<server::AdminReply>(decoded.body).members;
  EXPECT_EQ(got.configuration_index, Index(5));
  EXPECT_TRUE(got.joint);
  EXPECT_EQ(got.last_index, Index(8));
  EXPECT_EQ(got.term, Term(3));
  ASSERT_EQ(got.peers.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(got.peers[i].member, members.peers[i].member);
    EXPECT_EQ(got.peers[i].voter, members.peers[i].voter);
    EXPECT_EQ(got.peers[i].leaving, members.peers[i].leaving);
    EXPECT_EQ(got.peers[i].leader, members.peers[i].leader);
  }
  EXPECT_FALSE(got.peers[0].progress.has_value());
  ASSERT_TRUE(got.peers[1].progress.has_value());
  EXPECT_EQ(got.peers[1].progress->match, Index(7));
  EXPECT_EQ(got.peers[1].progress->last_contact, 12ms);
  EXPECT_TRUE(got.peers[1].progress->snapshot);

  std::swap(members.peers[0], members.peers[1]);
  EXPECT_FALSE(Decode(Encode({1, 0, server::AdminReply{members}})).ok()) << "out of order";
}

server::SnapshotChunk SomeChunk() {
  server::SnapshotChunk chunk;
  chunk.from = NodeId(1);
  chunk.term = Term(7);
  chunk.meta.point.last = {Index(100), Term(6)};
  chunk.meta.point.configuration_index = Index(1);
  chunk.meta.point.configuration.voters = {{NodeId(1), "n1", "127.0.0.1:8300"}};
  chunk.meta.digest = {17, 18};
  chunk.meta.bytes = 10;
  chunk.offset = 4;
  chunk.bytes = std::string("\0\xff", 2);
  chunk.to_learner = true;
  return chunk;
}

TEST(CodecTest, PiecesOfSnapshotsSurvive) {
  const server::SnapshotChunk chunk = SomeChunk();
  const Envelope decoded = RoundTrip({1, 2, chunk});
  const auto& got = std::get<server::SnapshotChunk>(decoded.body);
  EXPECT_EQ(got.from, chunk.from);
  EXPECT_EQ(got.term, chunk.term);
  EXPECT_EQ(got.meta.point, chunk.meta.point);
  EXPECT_EQ(got.meta.digest, chunk.meta.digest);
  EXPECT_EQ(got.meta.bytes, chunk.meta.bytes);
  EXPECT_EQ(got.offset, chunk.offset);
  EXPECT_EQ(got.bytes, chunk.bytes);
  EXPECT_TRUE(got.to_learner);
  const Envelope reply = RoundTrip({1, 0, server::SnapshotChunkReply{Term(8), 6, true}});
  EXPECT_EQ(std::get<server::SnapshotChunkReply>(reply.body).term, Term(8));
  EXPECT_EQ(std::get<server::SnapshotChunkReply>(reply.body).offset, 6u);
  EXPECT_TRUE(std::get<server::SnapshotChunkReply>(reply.body).installed);
}

TEST(CodecTest, SnapshotsThatCannotBeAreRefused) {
  const auto refused = [](auto change) {
    server::SnapshotChunk chunk = SomeChunk();
    change(chunk);
    return !Decode(Encode({1, 2, chunk})).ok();
  };
  using Chunk = server::SnapshotChunk;
  EXPECT_FALSE(refused([](Chunk&) {}));
  EXPECT_FALSE(refused([](Chunk& c) { c.offset = 8; })) << "the last two bytes";
  EXPECT_TRUE(refused([](Chunk& c) { c.offset = 9; })) << "beyond the end";
  EXPECT_TRUE(refused([](Chunk& c) { c.offset = ~uint64_t{0}; })) << "beyond every end";
  EXPECT_TRUE(refused([](Chunk& c) { c.from = NodeId(); })) << "from nobody";
  EXPECT_TRUE(refused([](Chunk& c) { c.term = Term(5); })) << "of a later term than its leader's";
  EXPECT_TRUE(refused([](Chunk& c) { c.meta.point.last = {}; })) << "of nothing";
  EXPECT_TRUE(refused([](Chunk& c) { c.meta.point.configuration_index = Index(101); }));
  EXPECT_TRUE(refused([](Chunk& c) { c.meta.point.configuration_index = Index(); }));
  EXPECT_TRUE(refused([](Chunk& c) { c.meta.point.configuration.voters.clear(); }));
}

TEST(CodecTest, EntriesThatCannotBeAreRefused) {
  const auto refused = [](std::vector<raft::Entry> entries) {
    const auto decoded = Decode(
        Encode({.body = MessageWith(raft::AppendRequest{Index(4), Term(6), {}, 0, 0, entries})}));
    return decoded.status();
  };
  const auto entry = [](uint64_t index, uint64_t term) {
    return raft::Entry{Index(index), Term(term)};
  };
  EXPECT_TRUE(refused({entry(5, 6), entry(6, 7)}).ok());
  EXPECT_FALSE(refused({entry(6, 6)}).ok()) << "a gap after prev";
  EXPECT_FALSE(refused({entry(5, 6), entry(7, 6)}).ok()) << "a gap";
  EXPECT_FALSE(refused({entry(5, 5)}).ok()) << "a term below prev's";
  EXPECT_FALSE(refused({entry(5, 8)}).ok()) << "a term above the leader's";
}

RC_GTEST_PROP(CodecProperty, AnyBytesDecodeOrAreRefused, (const std::string& bytes)) {
  (void)Decode(bytes);
}

RC_GTEST_PROP(CodecProperty, DamagedMessagesDecodeOrAreRefused, (uint16_t where, uint8_t with)) {
  raft::AppendRequest append{Index(4), Term(6), Index(3), 9, 0, {{Index(5), Term(7)}}};
  std::string bytes = Encode({1, 2, MessageWith(append)});
  bytes[where % bytes.size()] = static_cast<char>(with);
  (void)Decode(bytes);
}

}  // namespace
}  // namespace konsul::rpc
