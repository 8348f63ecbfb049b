// Byte streams: what goes in comes out, in order, at the reader's pace.
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class StreamContract : public Contract {};
KONSUL_CONTRACT(StreamContract);

TEST_P(StreamContract, BytesOfManySizesArriveInOrder) {
  const std::vector<size_t> sizes = {1, 2, 100, 1460, 4096, 65535, 65536, 65537, 1 << 20, 3 << 20};
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        for (const size_t size : sizes) {
          EXPECT_TRUE(stream.Write(Pattern(size, size), env.After(kLong)).ok());
        }
        stream.CloseWrite();
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        size_t room = 1;
        for (const size_t size : sizes) {
          const auto got = ReadSome(env, stream, size, room);
          ASSERT_TRUE(got.ok()) << got.status();
          EXPECT_TRUE(*got == Pattern(size, size)) << "size " << size;
          room = room * 7 + 1;
        }
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      });
}

TEST_P(StreamContract, ReadReturnsWhatIsThereWithoutWaitingForMore) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        ASSERT_TRUE(stream.Write("abc", env.After(kLong)).ok());
        const auto answer = ReadSome(env, stream, 2, 2);
        ASSERT_TRUE(answer.ok()) << answer.status();
        EXPECT_EQ(*answer, "ok");
      },
      [&](env::Env& env, env::Stream& stream) {
        // The dialer sends no more before it is answered, so a read that fills its buffer hangs.
        const auto got = ReadSome(env, stream, 3, 1000);
        ASSERT_TRUE(got.ok()) << got.status();
        EXPECT_EQ(*got, "abc");
        EXPECT_TRUE(stream.Write("ok", env.After(kLong)).ok());
      });
}

TEST_P(StreamContract, BothDirectionsAtOnce) {
  const size_t size = 3 << 20;
  const Talk both = [&](env::Env& env, env::Stream& stream) {
    fiber::Group group(env.scheduler);
    group.Spawn("writer", [&] {
      EXPECT_TRUE(stream.Write(Pattern(size), env.After(kLong)).ok());
      stream.CloseWrite();
    });
    const auto got = ReadToEnd(env, stream);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_TRUE(*got == Pattern(size));
    group.Join();
  };
  Connect(both, both);
}

TEST_P(StreamContract, AWriterWaitsWhenNobodyReadsAndGoesOnWhenSomebodyDoes) {
  const size_t size = 64 << 20;  // more than any transport holds
  bool written = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write(std::string(size, 'x'), env.After(kLong)).ok());
        written = true;
        stream.CloseWrite();
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(100ms).ok());
        EXPECT_FALSE(written);
        const auto got = ReadToEnd(env, stream);
        ASSERT_TRUE(got.ok()) << got.status();
        EXPECT_EQ(got->size(), size);
      });
  EXPECT_TRUE(written);
}

TEST_P(StreamContract, AWriterGivesUpAtItsDeadline) {
  bool done = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        const Instant deadline = env.After(100ms);
        const absl::Status status = stream.Write(std::string(64 << 20, 'x'), deadline);
        EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
        EXPECT_GE(env.clock.Now(), deadline);
        done = true;
      },
      [&](env::Env& env, env::Stream&) { Await(env, [&] { return done; }); });
}

TEST_P(StreamContract, AReaderGivesUpAtItsDeadlineAndMayTryAgain) {
  bool asked = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        char byte = 0;
        for (const Duration wait : {Duration(0), Duration(1ms), Duration(kSoon)}) {
          const Instant deadline = env.After(wait);
          const absl::Status status = stream.Read(absl::MakeSpan(&byte, 1), deadline).status();
          EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
          EXPECT_GE(env.clock.Now(), deadline);
        }
        asked = true;
        EXPECT_EQ(stream.Read(absl::MakeSpan(&byte, 1), env.After(kLong)).value(), 1u);
        EXPECT_EQ(byte, 'y');
      },
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return asked; });
        EXPECT_TRUE(stream.Write("y", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      });
}

TEST_P(StreamContract, ADeadlineInThePastStillTakesWhatIsThere) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("ab", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_EQ(ReadSome(env, stream, 1, 1).value(), "a");
        EXPECT_TRUE(env.Sleep(kSoon).ok());  // by now the rest has arrived
        char byte = 0;
        const auto got = stream.Read(absl::MakeSpan(&byte, 1), Instant::Past());
        EXPECT_TRUE(got.ok()) << got.status();
        EXPECT_EQ(byte, 'b');
      });
}

TEST_P(StreamContract, HalfCloseLetsTheAnswerBack) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("question", env.After(kLong)).ok());
        stream.CloseWrite();
        EXPECT_EQ(ReadToEnd(env, stream).value(), "answer");
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("more", env.After(kLong))));
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_EQ(ReadToEnd(env, stream).value(), "question");
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_TRUE(stream.Write("answer", env.After(kLong)).ok());
        stream.CloseWrite();
      });
}

TEST_P(StreamContract, BothEndsAgreeOnTheirEndpoints) {
  env::Endpoint dialer_local, dialer_peer, listener_local, listener_peer;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        dialer_local = stream.local();
        dialer_peer = stream.peer();
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env&, env::Stream& stream) {
        listener_local = stream.local();
        listener_peer = stream.peer();
      });
  EXPECT_EQ(dialer_local, listener_peer);
  EXPECT_EQ(dialer_peer, listener_local);
  EXPECT_EQ(dialer_peer.host, world().Address(1));
  EXPECT_NE(dialer_local.port, 0);
  EXPECT_NE(dialer_peer.port, 0);
}

TEST_P(StreamContract, AHundredConnectionsAtOnce) {
  constexpr int kConnections = 100;
  std::optional<env::Endpoint> where;
  int answered = 0;
  world().RunHosts(
      {[&](env::Env& env) {
         Await(env, [&] { return where.has_value(); });
         fiber::Group group(env.scheduler);
         for (int i = 0; i < kConnections; ++i) {
           group.Spawn("client", [&, i] {
             const auto stream = MustDial(env, *where);
             const std::string question = Pattern(1000, static_cast<uint64_t>(i));
             EXPECT_TRUE(stream->Write(question, env.After(kLong)).ok());
             stream->CloseWrite();
             answered += ReadToEnd(env, *stream).value() == question ? 1 : 0;
           });
         }
         group.Join();
       },
       [&](env::Env& env) {
         const auto listener = MustListen(env, world().Address(1));
         where = listener->local();
         fiber::Group group(env.scheduler);
         for (int i = 0; i < kConnections; ++i) {
           auto accepted = listener->Accept(env.After(kLong));
           ASSERT_TRUE(accepted.ok()) << accepted.status();
           group.Spawn("echo", [&env, stream = *std::move(accepted)] {
             EXPECT_TRUE(stream->Write(ReadToEnd(env, *stream).value(), env.After(kLong)).ok());
           });
         }
         group.Join();
       }});
  EXPECT_EQ(answered, kConnections);
}

}  // namespace
}  // namespace konsul::contract
