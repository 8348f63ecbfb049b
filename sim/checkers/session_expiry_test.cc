#include "sim/checkers/session_expiry.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace konsul::checkers {
namespace {

using ::testing::HasSubstr;

constexpr char kId[] = "00000000-0000-4000-8000-000000000001";

class SessionExpiryTest : public ::testing::Test {
 protected:
  static std::vector<raft::Entry> Entry(uint64_t index, const wire::Command& command) {
    return {{Index(index), Term(1), raft::EntryKind::kCommand,
             raft::MakePayload(wire::EncodeCommand(command))}};
  }
  static wire::Expire Expiry(uint64_t renewed) {
    wire::Expire expire;
    expire.sessions.push_back({kId, renewed});
    return expire;
  }
  std::string Found() const { return findings_.empty() ? "" : findings_.list()[0].text; }

  Findings findings_;
  Leases leases_;
  SessionExpiry oracle_{leases_, findings_};
};

TEST_F(SessionExpiryTest, AClientIsNotToldThatALivingSessionIsGone) {
  leases_.OnCreated(kId, {.client = "first", .ttl = 10s});
  leases_.OnRenewed(kId, 5s);
  oracle_.OnGone(kId, 15s);
  EXPECT_EQ(Found(), "");
  oracle_.OnGone(kId, 14s);
  EXPECT_THAT(Found(), HasSubstr("first was told at 14 s"));
}

TEST_F(SessionExpiryTest, WhoEndsItIsToldSo) {
  leases_.OnCreated(kId, {.client = "first", .ttl = 10s});
  leases_.OnGivenUp(kId);
  oracle_.OnGone(kId, 5s);
  EXPECT_EQ(Found(), "");
}

TEST_F(SessionExpiryTest, AProposalComesNotBeforeTheTtlIsOver) {
  wire::SessionCreate create;
  create.session.id = kId;
  create.session.ttl = 10'000'000'000;
  oracle_.OnCommit(1s, Entry(5, create));
  oracle_.OnCommit(9s, Entry(5, create));  // by another server
  oracle_.OnAppend(11s, Entry(6, Expiry(5)));
  EXPECT_EQ(Found(), "");
  oracle_.OnCommit(12s, Entry(7, wire::SessionRenew{kId}));
  oracle_.OnAppend(22s, Entry(8, Expiry(7)));
  EXPECT_EQ(Found(), "");
  oracle_.OnAppend(21999ms, Entry(8, Expiry(7)));
  EXPECT_THAT(Found(), HasSubstr("which was renewed by entry 7 at 12 s and has a TTL of 10 s"));
  EXPECT_EQ(oracle_.expiries(), 3);
}

TEST_F(SessionExpiryTest, AProposalMeansARenewalThatWas) {
  wire::SessionCreate create;
  create.session.id = kId;
  create.session.ttl = 1'000'000'000;
  oracle_.OnCommit(1s, Entry(5, create));
  oracle_.OnAppend(20s, Entry(7, Expiry(6)));
  EXPECT_THAT(Found(), HasSubstr("for its renewal 6, which never was"));
}

}  // namespace
}  // namespace konsul::checkers
