// How streams end: closed here, closed there, cancelled.
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class StreamEndContract : public Contract {};
KONSUL_CONTRACT(StreamEndContract);

// Writes until the transport takes no more or the write ends otherwise.
absl::Status WriteTooMuch(env::Env& env, env::Stream& stream) {
  return stream.Write(std::string(64 << 20, 'x'), env.After(kLong));
}

absl::Status ReadOne(env::Env& env, env::Stream& stream) {
  char byte = 0;
  return stream.Read(absl::MakeSpan(&byte, 1), env.After(kLong)).status();
}

TEST_P(StreamEndContract, CloseWakesTheReaderAndTheWriterHere) {
  bool done = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        absl::Status read, written;
        fiber::Group group(env.scheduler);
        group.Spawn("reader", [&] { read = ReadOne(env, stream); });
        group.Spawn("writer", [&] { written = WriteTooMuch(env, stream); });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
        group.Join();
        EXPECT_TRUE(absl::IsUnavailable(read)) << read;
        EXPECT_TRUE(absl::IsUnavailable(written)) << written;
        done = true;
      },
      [&](env::Env& env, env::Stream&) { Await(env, [&] { return done; }); });
}

TEST_P(StreamEndContract, AClosedStreamStaysClosed) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        stream.Close();
        stream.Close();
        stream.CloseWrite();
        EXPECT_TRUE(absl::IsUnavailable(ReadOne(env, stream)));
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("x", env.After(kLong))));
        EXPECT_NE(stream.local().port, 0);
      },
      [&](env::Env& env, env::Stream& stream) { EXPECT_EQ(ReadToEnd(env, stream).value(), ""); });
}

TEST_P(StreamEndContract, ThePeersCloseIsAnOrderlyEndAfterItsBytes) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write(Pattern(100'000), env.After(kLong)).ok());
        stream.Close();  // nothing unread here, so the bytes still go out
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_TRUE(ReadToEnd(env, stream).value() == Pattern(100'000));
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");  // the end stays
      });
}

TEST_P(StreamEndContract, AWaitingReaderSeesThePeersEnd) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      },
      [&](env::Env& env, env::Stream& stream) { EXPECT_EQ(ReadToEnd(env, stream).value(), ""); });
}

TEST_P(StreamEndContract, BytesAndEndThatCameTogetherAreBothRead) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("last words", env.After(kLong)).ok());
        stream.Close();
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        char buffer[1000];
        EXPECT_EQ(stream.Read(absl::MakeSpan(buffer), env.After(kLong)).value(), 10u);
        EXPECT_EQ(stream.Read(absl::MakeSpan(buffer), env.After(kLong)).value(), 0u);
      });
}

TEST_P(StreamEndContract, AWriterLearnsThatThePeerIsGone) {
  bool closed = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return closed; });
        absl::Status status;
        for (int i = 0; i < 1000 && status.ok(); ++i) {
          status = stream.Write(Pattern(1000), env.After(kLong));
          EXPECT_TRUE(env.Sleep(1ms).ok());
        }
        EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      },
      [&](env::Env&, env::Stream& stream) {
        stream.Close();
        closed = true;
      });
}

TEST_P(StreamEndContract, AWriterThatWaitsLearnsThatThePeerIsGone) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        const absl::Status status = WriteTooMuch(env, stream);
        EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      });
}

TEST_P(StreamEndContract, ACloseWithUnreadBytesLooksLikeAnEndOrAReset) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("never read", env.After(kLong)).ok());
        const auto got = ReadToEnd(env, stream);
        EXPECT_TRUE(got.ok() ? got->empty() : absl::IsUnavailable(got.status())) << got.status();
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      });
}

TEST_P(StreamEndContract, ReadAndWriteAreCancelledNowAndLater) {
  bool done = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        absl::Status read, again, written;
        fiber::Group group(env.scheduler);
        group.Spawn("reader", [&] {
          read = ReadOne(env, stream);
          again = ReadOne(env, stream);
        });
        group.Spawn("writer", [&] { written = WriteTooMuch(env, stream); });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        group.Cancel();
        group.Join();
        EXPECT_TRUE(absl::IsCancelled(read)) << read;
        EXPECT_TRUE(absl::IsCancelled(again)) << again;
        EXPECT_TRUE(absl::IsCancelled(written)) << written;
        done = true;
      },
      [&](env::Env& env, env::Stream&) { Await(env, [&] { return done; }); });
}

TEST_P(StreamEndContract, ACancelledReadLosesNoBytes) {
  bool cancelled = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return cancelled; });
        EXPECT_TRUE(stream.Write("kept", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        fiber::Group group(env.scheduler);
        group.Spawn("reader", [&] { EXPECT_TRUE(absl::IsCancelled(ReadOne(env, stream))); });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        group.Cancel();
        group.Join();
        cancelled = true;
        EXPECT_EQ(ReadSome(env, stream, 4, 4).value(), "kept");
      });
}

TEST_P(StreamEndContract, AnEndlessPeerDoesNotStarveTheOthers) {
  bool stop = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        const std::string chunk = Pattern(10'000);
        while (!stop && stream.Write(chunk, env.After(kLong)).ok()) {
        }
      },
      [&](env::Env& env, env::Stream& stream) {
        fiber::Group group(env.scheduler);
        group.Spawn("reader", [&] {
          char buffer[1000];
          while (!stop) {
            const auto got = stream.Read(absl::MakeSpan(buffer), env.After(kLong));
            if (!got.ok() || *got == 0) break;
          }
        });
        for (int i = 0; i < 10; ++i) EXPECT_TRUE(env.Sleep(1ms).ok());
        stop = true;
        stream.Close();
      });
  EXPECT_TRUE(stop);
}

}  // namespace
}  // namespace konsul::contract
