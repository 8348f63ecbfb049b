// Env::Stream::WakeWhenReadable: who waits for a stream without a fiber.
#include <memory>
#include <utility>

#include "core/fiber/continuation.h"
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class StreamWakeContract : public Contract {};
KONSUL_CONTRACT(StreamWakeContract);

// Counts how often it was woken; waits in `stream` from now on.
void Watch(env::Env& env, env::Stream& stream, fiber::Group& group, int& woken) {
  auto continuation = std::make_unique<fiber::Continuation>(env.scheduler);
  stream.WakeWhenReadable(*continuation);
  group.Park(std::move(continuation), "watch", env.After(kLong), [&] { ++woken; });
}

absl::StatusOr<size_t> ReadUpTo(env::Env& env, env::Stream& stream, size_t room) {
  std::string buffer(room, '\0');
  return stream.Read(absl::MakeSpan(buffer.data(), room), env.After(kLong));
}

TEST_P(StreamWakeContract, BytesWake) {
  bool watching = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return watching; });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_TRUE(stream.Write("hello", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        fiber::Group group(env.scheduler);
        int woken = 0;
        Watch(env, stream, group, woken);
        EXPECT_TRUE(env.scheduler.Yield().ok());
        EXPECT_EQ(woken, 0);
        watching = true;
        group.Join();
        EXPECT_EQ(woken, 1);
        EXPECT_EQ(ReadSome(env, stream, 5, 100).value(), "hello");
      });
}

TEST_P(StreamWakeContract, BytesThatAreThereWakeAtOnceAndBytesThatWereReadDoNot) {
  bool read = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("ab", env.After(kLong)).ok());
        Await(env, [&] { return read; });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_TRUE(stream.Write("c", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        fiber::Group group(env.scheduler);
        EXPECT_EQ(ReadUpTo(env, stream, 1).value(), 1u);
        int woken = 0;
        Watch(env, stream, group, woken);
        group.Join();
        EXPECT_EQ(woken, 1);
        // To the last byte, by a read that leaves no room: nothing says that the stream is empty.
        EXPECT_EQ(ReadUpTo(env, stream, 1).value(), 1u);
        Watch(env, stream, group, woken);
        EXPECT_TRUE(env.scheduler.Yield().ok());
        EXPECT_EQ(woken, 1);
        read = true;
        group.Join();
        EXPECT_EQ(ReadUpTo(env, stream, 1).value(), 1u);
      });
}

TEST_P(StreamWakeContract, ThePeersEndWakes) {
  bool watching = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return watching; });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      },
      [&](env::Env& env, env::Stream& stream) {
        fiber::Group group(env.scheduler);
        int woken = 0;
        Watch(env, stream, group, woken);
        watching = true;
        group.Join();
        EXPECT_EQ(woken, 1);
        EXPECT_EQ(ReadUpTo(env, stream, 10).value(), 0u);
        // The end stays, so whoever watches again is told at once.
        Watch(env, stream, group, woken);
        group.Join();
        EXPECT_EQ(woken, 2);
      });
}

TEST_P(StreamWakeContract, AResetWakesAndIsStillThereForTheReader) {
  bool sent = false;
  bool watching = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return sent && watching; });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();  // with unread bytes
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("unread", env.After(kLong)).ok());
        sent = true;
        fiber::Group group(env.scheduler);
        int woken = 0;
        Watch(env, stream, group, woken);
        watching = true;
        group.Join();
        EXPECT_EQ(woken, 1);
        Watch(env, stream, group, woken);
        group.Join();
        EXPECT_EQ(woken, 2);
        EXPECT_TRUE(absl::IsUnavailable(ReadUpTo(env, stream, 10).status()));
      });
}

TEST_P(StreamWakeContract, ClosingItHereWakes) {
  bool done = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        fiber::Group group(env.scheduler);
        int woken = 0;
        Watch(env, stream, group, woken);
        stream.Close();
        group.Join();
        EXPECT_EQ(woken, 1);
        Watch(env, stream, group, woken);
        group.Join();
        EXPECT_EQ(woken, 2);
        done = true;
      },
      [&](env::Env& env, env::Stream&) { Await(env, [&] { return done; }); });
}

TEST_P(StreamWakeContract, WhoGivesUpLeavesTheStreamInOrder) {
  bool given_up = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return given_up; });
        EXPECT_TRUE(stream.Write("x", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        {
          fiber::Group group(env.scheduler);
          int woken = 0;
          Watch(env, stream, group, woken);
          group.Cancel();
          group.Join();
          EXPECT_EQ(woken, 1);
        }
        given_up = true;
        EXPECT_EQ(ReadUpTo(env, stream, 10).value(), 1u);
      });
}

}  // namespace
}  // namespace konsul::contract
