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
  raft::AppendRequest append{Index(4), Term(6), Index(3), 99, {}};
  append.entries.push_back(
      {Index(5), Term(6), raft::EntryKind::kCommand, raft::MakePayload(std::string("a\0b", 3))});
  append.entries.push_back({Index(6), Term(7), raft::EntryKind::kNoop, raft::MakePayload("")});
  const Envelope decoded = RoundTrip({.body = MessageWith(append)});
  const auto& message = std::get<raft::Message>(decoded.body);
  EXPECT_EQ(message.from, NodeId(1));
  EXPECT_EQ(message.to, NodeId(2));
  EXPECT_EQ(message.term, Term(7));
  const auto& got = std::get<raft::AppendRequest>(message.body);
  EXPECT_EQ(got.entries, append.entries);
  EXPECT_EQ(got.commit, Index(3));
  EXPECT_EQ(got.read_round, 99u);

  const Envelope vote =
      RoundTrip({.body = MessageWith(raft::VoteRequest{true, Index(9), Term(6)})});
  const auto& request = std::get<raft::VoteRequest>(std::get<raft::Message>(vote.body).body);
  EXPECT_TRUE(request.pre);
  EXPECT_EQ(request.last_index, Index(9));

  const Envelope reply =
      RoundTrip({.body = MessageWith(raft::AppendReply{false, Index(8), Index(5), Term(2), 17})});
  const auto& rejected = std::get<raft::AppendReply>(std::get<raft::Message>(reply.body).body);
  EXPECT_FALSE(rejected.success);
  EXPECT_EQ(rejected.hint_index, Index(5));
  EXPECT_EQ(rejected.hint_term, Term(2));
}

TEST(CodecTest, RequestsAndErrorsSurvive) {
  const Envelope execute = RoundTrip({42, 1500, server::ExecuteRequest{std::string("\0\xff", 2)}});
  EXPECT_EQ(execute.request_id, 42u);
  EXPECT_EQ(execute.timeout_ms, 1500u);
  EXPECT_EQ(std::get<server::ExecuteRequest>(execute.body).command, std::string("\0\xff", 2));
  const Envelope error = RoundTrip({42, 0, absl::UnavailableError("not the leader")});
  EXPECT_EQ(std::get<absl::Status>(error.body), absl::UnavailableError("not the leader"));
  const server::Introduction hello{
      NodeId(3), ClusterId(4), "n3", "127.0.0.3:8300", {{NodeId(3), "n3", "127.0.0.3:8300"}}, 3};
  const Envelope introduced = RoundTrip({.body = hello});
  EXPECT_EQ(std::get<server::Introduction>(introduced.body).view, hello.view);
  EXPECT_EQ(std::get<server::Introduction>(introduced.body).bootstrap_expect, 3u);
}

TEST(CodecTest, EntriesThatCannotBeAreRefused) {
  const auto refused = [](std::vector<raft::Entry> entries) {
    const auto decoded = Decode(
        Encode({.body = MessageWith(raft::AppendRequest{Index(4), Term(6), {}, 0, entries})}));
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
  raft::AppendRequest append{Index(4), Term(6), Index(3), 9, {{Index(5), Term(7)}}};
  std::string bytes = Encode({1, 2, MessageWith(append)});
  bytes[where % bytes.size()] = static_cast<char>(with);
  (void)Decode(bytes);
}

}  // namespace
}  // namespace konsul::rpc
