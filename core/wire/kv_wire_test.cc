#include <string>

#include "core/wire/command.h"
#include "core/wire/kv.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::wire {
namespace {

std::optional<uint64_t> MaybeCas() {
  return *rc::gen::arbitrary<bool>() ? std::optional<uint64_t>(*rc::gen::arbitrary<uint64_t>())
                                     : std::nullopt;
}

// `bytes` at an address that is odd, which is where a table store or a log record may put it.
class Misaligned {
 public:
  explicit Misaligned(const std::string& bytes) : storage_(" " + bytes) {}
  absl::string_view view() const { return absl::string_view(storage_).substr(1); }

 private:
  std::string storage_;
};

RC_GTEST_PROP(Command, PutSurvivesTheBytes, (std::string key, std::string value, uint64_t flags)) {
  const Command put = KvPut{key, value, flags, MaybeCas()};
  const Misaligned bytes(EncodeCommand(put));
  RC_ASSERT(EncodeCommand(put) == bytes.view());
  const auto decoded = DecodeCommand(bytes.view());
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == put);
}

RC_GTEST_PROP(Command, DeleteSurvivesTheBytes, (std::string key, bool recurse)) {
  const Command del = KvDelete{key, recurse, MaybeCas()};
  const Misaligned bytes(EncodeCommand(del));
  const auto decoded = DecodeCommand(bytes.view());
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == del);
}

RC_GTEST_PROP(Command, ResultSurvivesTheBytes, (bool success, uint64_t index, std::string error)) {
  const CommandResult result{success, Index(index), error};
  const auto decoded = DecodeCommandResult(EncodeCommandResult(result));
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == result);
}

// Vectors of offsets, too, of which the verifier wants that they are aligned.
TEST(Misaligned, ValuesWithListsSurviveTheBytes) {
  const Node node{.id = "i",
                  .name = "n",
                  .address = "a",
                  .datacenter = "dc1",
                  .tagged_addresses = {{"lan", "x"}, {"wan", "y"}},
                  .meta = {{"k", "v"}}};
  const Misaligned node_bytes(EncodeNode(node));
  EXPECT_EQ(*DecodeNode(node_bytes.view()), node);
  const Session session{.id = "i", .node = "n", .checks = {"a", "b"}, .service_checks = {"c"}};
  const Misaligned session_bytes(EncodeSession(session));
  EXPECT_EQ(*DecodeSession(session_bytes.view()), session);
  EXPECT_FALSE(DecodeNode(Misaligned("").view()).ok());
  const Check check{.node = "n", .id = "c", .name = "C", .status = "passing"};
  const Command txn = Txn{{KvOp{KvVerb::kSet, "k", "v"}, NodeOp{NodeVerb::kSet, node},
                           CheckOp{NodeVerb::kCas, check, 7}}};
  const Misaligned txn_bytes(EncodeCommand(txn));
  EXPECT_EQ(*DecodeCommand(txn_bytes.view()), txn);
}

TEST(Command, StepsOfARestoreSurviveTheBytes) {
  for (const RestoreStep step :
       {RestoreStep::kBegin, RestoreStep::kPiece, RestoreStep::kCommit, RestoreStep::kAbort}) {
    const Command restore = Restore{"id", step, 7, "rows"};
    const std::string bytes = EncodeCommand(restore);
    EXPECT_EQ(*DecodeCommand(bytes), restore);
    EXPECT_EQ(CommitsRestore(bytes), step == RestoreStep::kCommit);
    // Only the commit may say that it is one.
    std::string other = bytes;
    other.replace(4, 4, step == RestoreStep::kCommit ? "KCMD" : "KRST");
    EXPECT_FALSE(DecodeCommand(other).ok());
  }
}

RC_GTEST_PROP(KvEntry, SurvivesTheBytes,
              (std::string value, uint64_t flags, uint64_t a, uint64_t b, uint64_t c,
               std::string session)) {
  const KvEntry entry{value, flags, a, b, c, session};
  const Misaligned bytes(EncodeKvEntry(entry));
  const auto decoded = DecodeKvEntry(bytes.view());
  RC_ASSERT(decoded.ok());
  RC_ASSERT(*decoded == entry);
}

// Damaged bytes are refused or decode to something; they are never followed out of the buffer
// (the sanitizers watch).
RC_GTEST_PROP(Command, DamagedBytesAreHarmless, (std::string key, std::string value)) {
  std::string bytes = EncodeCommand(KvPut{key, value, 7, 9});
  const size_t where = *rc::gen::inRange<size_t>(0, bytes.size());
  bytes[where] = static_cast<char>(*rc::gen::arbitrary<uint8_t>());
  bytes.resize(*rc::gen::inRange<size_t>(0, bytes.size() + 1));
  const std::string exact(bytes.begin(), bytes.end());
  if (const auto decoded = DecodeCommand(exact); decoded.ok()) {
    if (const auto* put = std::get_if<KvPut>(&*decoded)) {
      RC_ASSERT(put->key.size() + put->value.size() <= 2 * exact.size());
    }
  }
}

TEST(Command, ForeignBytesAreRefused) {
  EXPECT_EQ(DecodeCommand("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(DecodeCommand("hello, is this a command?").ok());
  EXPECT_FALSE(DecodeCommand(std::string(64, '\0')).ok());
  EXPECT_FALSE(DecodeCommand(EncodeKvEntry(KvEntry{"v"})).ok());
  EXPECT_FALSE(DecodeCommandResult("").ok());
  EXPECT_EQ(DecodeKvEntry("abc").status().code(), absl::StatusCode::kDataLoss);
}

// The bytes are an on-disk format: a change of these is a change of docs/formats/kv.md.
TEST(Command, BytesAreStable) {
  std::string hex;
  for (const unsigned char c : EncodeCommand(KvPut{"k", "v", 1, 0})) {
    hex += "0123456789abcdef"[c >> 4];
    hex += "0123456789abcdef"[c & 15];
  }
  EXPECT_EQ(hex,
            "140000004b434d440000000008000c0007000800080000000000000110000000"
            "0c001c00040008000c0014000c000000180000001c0000000100000000000000"
            "0000000000000000010000006b0000000100000076000000");
}

}  // namespace
}  // namespace konsul::wire
