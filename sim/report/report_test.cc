// The recorder and what it writes.
#include <boost/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "sim/report/assets.h"
#include "sim/report/conclusions.h"
#include "sim/report/recorder.h"
#include "sim/report/script_string.h"
#include "sim/report/serialize.h"

namespace konsul::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kMs = 1'000'000;

raft::Status StatusOf(uint64_t id, raft::Role role, uint64_t term) {
  raft::Status status;
  status.id = NodeId(id);
  status.role = role;
  status.term = Term(term);
  return status;
}

raft::Message Heartbeat(uint64_t from, uint64_t to, int64_t sent) {
  raft::AppendRequest body;
  body.sent = sent;
  return {NodeId(from), NodeId(to), Term(1), body};
}

// Servers n1 and n2 with the ids 11 and 12, and a client host.
class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    recorder_.Begin([this] { return sim::Time{now_}; }, 2, {"n1", "n2", "c1"});
    for (size_t i = 0; i < 2; ++i) {
      recorder_.OnUp(i);
      recorder_.OnStart(i, StatusOf(11 + i, raft::Role::kFollower, 0));
    }
  }
  void Send(raft::Message message, bool after_persist = false) {
    raft::Ready ready;
    if (after_persist) ready.hard_state = raft::HardState{};
    const uint64_t id = message.from.value;
    (after_persist ? ready.messages_after_persist : ready.messages).push_back(message);
    recorder_.OnReady(id - 11, StatusOf(id, raft::Role::kFollower, 0), ready);
  }
  const Recording& Finish(const std::vector<chaos::Injection>& schedule = {}) {
    recorder_.Finish(sim::Time{0}, schedule, history_, {"c1 reg"}, {{"10.0.0.1", "n1"}});
    return recorder_.recording();
  }
  boost::json::object Parsed(const Recording& recording, const Heading& heading = {}) {
    return boost::json::parse(Serialize(heading, recording)).as_object();
  }

  int64_t now_ = 0;
  Recorder recorder_;
  checkers::History history_;
};

TEST(ScriptString, EndsNeitherTheStringNorTheElement) {
  EXPECT_EQ(ScriptString("a\"b\\c\n"), "\"a\\\"b\\\\c\\u000a\"");
  EXPECT_EQ(ScriptString("</script><!--&"), "\"\\u003c/script\\u003e\\u003c!--\\u0026\"");
  EXPECT_EQ(ScriptString("n1 → ü"), "\"n1 → ü\"");
  // A lone continuation, an overlong slash, a surrogate, a character that is cut off.
  EXPECT_EQ(ScriptString("\x80"), "\"\\ufffd\"");
  EXPECT_EQ(ScriptString("\xc0\xaf"), "\"\\ufffd\\ufffd\"");
  EXPECT_EQ(ScriptString("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"");
  EXPECT_EQ(ScriptString("x\xe2\x86"), "\"x\\ufffd\\ufffd\"");
}

TEST_F(RecorderTest, EqualSpansAreOneAndThoseWithoutLengthAreNone) {
  for (const int64_t at : {10, 20, 30}) {
    now_ = at * kMs;
    recorder_.OnReady(0, StatusOf(11, raft::Role::kFollower, 1), {});
  }
  now_ = 40 * kMs;
  recorder_.OnReady(0, StatusOf(11, raft::Role::kCandidate, 2), {});
  recorder_.OnReady(0, StatusOf(11, raft::Role::kLeader, 2), {});
  now_ = 50 * kMs;
  recorder_.OnDown(0);
  const auto& spans = Finish().servers[0].spans;
  std::vector<std::string> seen;
  for (const Span& span : spans) {
    seen.push_back(
        absl::StrCat(span.begin / kMs, " ", static_cast<int>(span.state), " ", span.term));
  }
  EXPECT_THAT(seen, ElementsAre("0 0 0", "10 0 1", "40 3 2", "50 4 0"));
}

TEST_F(RecorderTest, MessagesMeetTheirReceptionAndTheLostOnesDoNot) {
  now_ = kMs;
  Send(Heartbeat(11, 12, 1));
  now_ = 2 * kMs;
  Send(Heartbeat(11, 12, 2));
  now_ = 3 * kMs;
  recorder_.OnStep(Heartbeat(11, 12, 2));  // the first one was lost
  now_ = 4 * kMs;
  recorder_.OnStep(Heartbeat(11, 12, 2));  // a copy
  now_ = 1000 * kMs;
  const auto& messages = Finish().messages;
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].received, -1);
  EXPECT_EQ(messages[0].fate, Fate::kLost);
  EXPECT_EQ(messages[1].sent, 2 * kMs);
  EXPECT_EQ(messages[1].received, 3 * kMs);
  EXPECT_EQ(messages[1].fate, Fate::kDelivered);
}

TEST_F(RecorderTest, WhatWaitsForTheDiskIsSentWhenItIsDurableOrNever) {
  now_ = kMs;
  Send(Heartbeat(11, 12, 1), true);
  now_ = 5 * kMs;
  recorder_.OnPersisted(0, StatusOf(11, raft::Role::kFollower, 0));
  Send(Heartbeat(11, 12, 2), true);
  recorder_.OnDown(0);
  recorder_.OnPersisted(0, StatusOf(11, raft::Role::kFollower, 0));
  const auto& messages = Finish().messages;
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].sent, 5 * kMs);
  EXPECT_EQ(messages[0].fate, Fate::kUnderWay);
}

TEST_F(RecorderTest, ALossIsExplained) {
  chaos::Injection cut;
  cut.id = 1;
  cut.at = 10ms;
  cut.kind = chaos::Injection::Kind::kCut;
  cut.links = {{"n1", "n2"}};
  chaos::Injection heal = cut;
  heal.kind = chaos::Injection::Kind::kEnd;
  heal.at = 20ms;
  now_ = 15 * kMs;
  Send(Heartbeat(11, 12, 1));
  Send(Heartbeat(12, 11, 1));  // the other direction is open
  now_ = 60 * kMs;             // too late to be the reason for the first loss
  recorder_.OnDown(1);
  recorder_.OnUp(1);
  now_ = 70 * kMs;
  recorder_.OnStart(1, StatusOf(12, raft::Role::kFollower, 0));
  now_ = 300 * kMs;
  Send(Heartbeat(11, 12, 3));  // the cut is over
  now_ = 500 * kMs;
  recorder_.OnDown(1);
  Send(Heartbeat(11, 12, 2));
  // It dies right before the link is cut: its death is the reason.
  chaos::Injection later = cut;
  later.id = 2;
  later.at = 505ms;
  now_ = 1000 * kMs;
  const Recording& recording = Finish({cut, heal, later});
  ASSERT_EQ(recording.faults.size(), 2u);
  EXPECT_EQ(recording.faults[0].begin, 10 * kMs);
  EXPECT_EQ(recording.faults[0].end, 20 * kMs);
  ASSERT_EQ(recording.messages.size(), 4u);
  EXPECT_EQ(recording.messages[0].fate, Fate::kCut);
  EXPECT_EQ(recording.messages[1].fate, Fate::kLost);
  EXPECT_EQ(recording.messages[2].fate, Fate::kLost);
  EXPECT_EQ(recording.messages[3].fate, Fate::kReceiverDown);
}

TEST_F(RecorderTest, AFindingKnowsWhomItIsAbout) {
  checkers::Operation op;
  op.key = "reg/1";
  op.server = "10.0.0.1";
  history_.Invoke(op);
  op.key = "reg/2";
  history_.Invoke(op);
  now_ = 7 * kMs;
  recorder_.OnFindings(
      {{"quorums", absl::StrCat(ToHex(12), " leads term 18, not n11; [",
                                checkers::Describe(history_.operations()[1]), "]")}});
  now_ = 9 * kMs;
  const Recording& recording = Finish();
  ASSERT_EQ(recording.findings.size(), 1u);
  EXPECT_EQ(recording.findings[0].at, 7 * kMs);
  EXPECT_THAT(recording.findings[0].servers, ElementsAre(0, 1));  // n1 by its address
  EXPECT_THAT(recording.findings[0].operations, ElementsAre(1));
  EXPECT_THAT(recording.findings[0].terms, ElementsAre(18));
  EXPECT_EQ(recording.operations[0].server, "n1");
}

TEST_F(RecorderTest, OfOperationsTheOneThatTheTextNamesFirstComesFirst) {
  checkers::Operation op;
  for (const char* key : {"reg/1", "reg/2"}) {
    op.key = key;
    history_.Invoke(op);
  }
  const auto& operations = history_.operations();
  recorder_.OnFindings(
      {{"linearizability", absl::StrCat("[", checkers::Describe(operations[1]),
                                        "] cannot be: ", checkers::Describe(operations[0]))}});
  EXPECT_THAT(Finish().findings[0].operations, ElementsAre(1, 0));
}

TEST_F(RecorderTest, ASnapshotIsOneTransferHoweverManyPieces) {
  const auto piece = [&](uint64_t index, bool first) {
    return recorder_.OnPiece(NodeId(11), NodeId(12), Index(index), 100, first);
  };
  now_ = kMs;
  uint64_t call = piece(7, true);
  now_ = 2 * kMs;
  recorder_.OnAnswer(call, "", 40);  // it had some of it
  call = piece(7, false);
  now_ = 3 * kMs;
  recorder_.OnAnswer(call, "", 100);
  call = piece(8, true);
  now_ = 4 * kMs;
  recorder_.OnAnswer(call, "UNAVAILABLE: gone", 0);
  now_ = 5 * kMs;
  call = piece(8, true);
  now_ = 6 * kMs;
  recorder_.OnAnswer(call, "", 0);
  now_ = 8 * kMs;
  call = piece(9, true);  // it never came to the end of the one before
  now_ = 9 * kMs;
  recorder_.OnDown(0);
  recorder_.OnAnswer(call, "", 100);  // nobody waits for it
  call = recorder_.OnPiece(NodeId(12), NodeId(11), Index(9), 100, true);
  now_ = 10 * kMs;
  const Recording& recording = Finish();
  std::vector<std::string> seen;
  for (const TransferRecord& t : recording.transfers) {
    seen.push_back(absl::StrCat(t.from, ">", t.to, " ", t.index, " ", t.begin / kMs, "-",
                                t.end / kMs, " ", t.steps.back().second, " ", t.outcome));
  }
  EXPECT_THAT(seen, ElementsAre("0>1 7 1-3 100 complete", "0>1 8 3-4 0 UNAVAILABLE: gone",
                                "0>1 8 5-6 0 given up", "0>1 9 8-9 0 the sender died",
                                "1>0 9 9-10 0 on its way when the run ended"));
  const auto data = Parsed(recording);
  const auto& transfer = data.at("transfers").at(0);
  EXPECT_EQ(transfer.at("bytes").as_int64(), 100);
  EXPECT_EQ(boost::json::serialize(transfer.at("t")), "[1000,1000,1000]");
  EXPECT_EQ(boost::json::serialize(transfer.at("have")), "[0,40,60]");
}

TEST_F(RecorderTest, WhatAServerAsksEndsWithTheAnswerOrWithTheServer) {
  using Kind = CallRecord::Kind;
  now_ = kMs;
  const uint64_t write = recorder_.OnCall(Kind::kWrite, NodeId(12), NodeId(11));
  const uint64_t read = recorder_.OnCall(Kind::kReadIndex, NodeId(12), NodeId(11));
  recorder_.OnCall(Kind::kReadIndex, NodeId(12), NodeId(99));  // whoever that is
  now_ = 3 * kMs;
  recorder_.OnAnswer(write, "", 0);
  recorder_.OnAnswer(0, "", 0);  // of a call from before there was a recorder
  now_ = 4 * kMs;
  recorder_.OnDown(1);
  recorder_.OnAnswer(read, "", 0);
  const Recording& recording = Finish();
  ASSERT_EQ(recording.calls.size(), 2u);
  EXPECT_EQ(recording.calls[0].end, 3 * kMs);
  EXPECT_EQ(recording.calls[0].outcome, "ok");
  EXPECT_EQ(recording.calls[1].kind, Kind::kReadIndex);
  EXPECT_EQ(recording.calls[1].end, 4 * kMs);
  EXPECT_EQ(recording.calls[1].outcome, "the sender died");
  EXPECT_EQ(boost::json::serialize(Parsed(recording).at("calls").at("took")), "[2000,3000]");
}

TEST(Page, EveryKindOfFaultHasAPlace) {
  using Kind = chaos::Injection::Kind;
  std::string known;  // what stands between "kinds: [" and "]"
  for (const absl::string_view part : absl::StrSplit(Asset("faults.js"), "kinds: [")) {
    absl::StrAppend(&known, part.substr(0, part.find(']')), ",");
  }
  for (int i = static_cast<int>(Kind::kCut); i < static_cast<int>(Kind::kEnd); ++i) {
    const std::string name = chaos::KindName(static_cast<Kind>(i));
    EXPECT_THAT(known, HasSubstr(absl::StrCat("\"", name, "\"")));
  }
}

TEST_F(RecorderTest, ThePageHoldsItsDataWhateverTheTextsAre) {
  const std::string evil = "</script><script>alert(1)</script>\"'\\ \xff";
  checkers::Operation op;
  op.kind = checkers::OpKind::kPut;
  op.key = op.value.emplace(evil);
  history_.Return(history_.Invoke(op), checkers::Outcome::kOk, 3ms);
  chaos::Injection fault;
  fault.kind = chaos::Injection::Kind::kOperator;
  fault.why = fault.fault = evil;
  now_ = 5 * kMs;
  Send(Heartbeat(11, 12, 1));
  const Recording& recording = Finish({fault});
  const Heading heading{evil, 18446744073709551615u, "pass", "ff", evil, 3, evil, evil};
  const auto data = Parsed(recording, heading);
  EXPECT_EQ(data.at("head").at("seed").as_string(), "18446744073709551615");
  EXPECT_EQ(data.at("end").as_int64(), 5000);
  EXPECT_THAT(std::string(data.at("faults").at(0).at("name").as_string()),
              HasSubstr("</script><script>"));
  EXPECT_EQ(data.at("messages").at("sent").as_array().size(), 1u);
  EXPECT_EQ(data.at("servers").at(1).at("ids").at(0).as_string(), ToHex(12));
  const std::string page = Page(heading, recording);
  EXPECT_THAT(page, Not(HasSubstr("alert(1)<")));
  EXPECT_THAT(page, Not(HasSubstr("\xff")));
  // Nothing is fetched from anywhere.
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST_F(RecorderTest, AHundredThousandMessagesAreAFewMegabytes) {
  for (int i = 0; i < 100'000; ++i) {
    now_ += 250'000;
    Send(Heartbeat(11, 12, i));
    now_ += 300'000;
    recorder_.OnStep(Heartbeat(11, 12, i));
  }
  const std::string json = Serialize({}, Finish());
  EXPECT_LT(json.size(), 5u << 20);
  const auto data = boost::json::parse(json).as_object();
  EXPECT_EQ(data.at("messages").at("took").as_array().size(), 100'000u);
  EXPECT_EQ(data.at("messages").at("took").at(99'999).as_int64(), 300);
  EXPECT_EQ(data.at("messages").at("sent").at(99'999).as_int64(), 550);  // since the one before
}

}  // namespace
}  // namespace konsul::report
