// What each side of a stream sees when it breaks instead of ending, and when only half of it ends.
// The kernel's behaviour is the truth: bytes that arrived before a reset are still read, the reset
// is seen after them by whoever looks, and it never turns into an orderly end.
#include <optional>

#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class StreamResetContract : public Contract {};
KONSUL_CONTRACT(StreamResetContract);

absl::StatusOr<size_t> ReadUpTo(env::Env& env, env::Stream& stream, size_t room) {
  std::string buffer(room, '\0');
  return stream.Read(absl::MakeSpan(buffer), env.After(kLong));
}

// Until a write fails; empty writes ask without sending.
absl::Status WriteUntilItFails(env::Env& env, env::Stream& stream, absl::string_view bytes) {
  absl::Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) {
    status = stream.Write(bytes, env.After(kLong));
    if (!env.Sleep(1ms).ok()) break;
  }
  return status;
}

TEST_P(StreamResetContract, ACloseWithUnreadBytesResetsThePeer) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("never read", env.After(kLong)).ok());
        for (int again = 0; again < 3; ++again) {
          const auto got = ReadUpTo(env, stream, 10);
          EXPECT_TRUE(absl::IsUnavailable(got.status())) << again << ": " << got.status();
        }
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("x", env.After(kLong))));
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      });
}

TEST_P(StreamResetContract, WhatArrivedBeforeTheResetIsStillRead) {
  bool reset = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("never read", env.After(kLong)).ok());
        Await(env, [&] { return reset; });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_EQ(ReadSome(env, stream, 50'000, 1000).value(), Pattern(50'000));
        for (int again = 0; again < 3; ++again) {
          const auto got = ReadUpTo(env, stream, 10);
          EXPECT_TRUE(absl::IsUnavailable(got.status())) << again << ": " << got.status();
        }
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write(Pattern(50'000), env.After(kLong)).ok());
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
        reset = true;
      });
}

TEST_P(StreamResetContract, AResetThatTheWriterSawIsNoEndForTheReader) {
  bool reset = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("never read", env.After(kLong)).ok());
        Await(env, [&] { return reset; });
        const absl::Status written = WriteUntilItFails(env, stream, "more");
        EXPECT_TRUE(absl::IsUnavailable(written)) << written;
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("still", env.After(kLong))));
        EXPECT_EQ(ReadSome(env, stream, 3, 10).value(), "abc");
        for (int again = 0; again < 2; ++again) {
          const auto got = ReadUpTo(env, stream, 10);
          EXPECT_TRUE(absl::IsUnavailable(got.status())) << again << ": " << got.status();
        }
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("abc", env.After(kLong)).ok());
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
        reset = true;
      });
}

TEST_P(StreamResetContract, AnEndThatCameBeforeTheResetStays) {
  bool closed = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return closed; });
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        // Answered by a reset, since nobody will read it; what had come before is not lost by that.
        EXPECT_TRUE(absl::IsUnavailable(WriteUntilItFails(env, stream, "to nobody")));
        EXPECT_EQ(ReadToEnd(env, stream).value(), "the answer");
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("x", env.After(kLong))));
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("the answer", env.After(kLong)).ok());
        stream.Close();
        closed = true;
      });
}

TEST_P(StreamResetContract, AResetWakesReaderAndWriter) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        absl::Status read, written;
        fiber::Group group(env.scheduler);
        group.Spawn("reader", [&] { read = ReadUpTo(env, stream, 10).status(); });
        group.Spawn("writer",
                    [&] { written = stream.Write(std::string(64 << 20, 'x'), env.After(kLong)); });
        group.Join();
        EXPECT_TRUE(absl::IsUnavailable(read)) << read;
        EXPECT_TRUE(absl::IsUnavailable(written)) << written;
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      });
}

TEST_P(StreamResetContract, ABrokenStreamIsClosedLikeAnyOther) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("never read", env.After(kLong)).ok());
        EXPECT_FALSE(ReadUpTo(env, stream, 10).ok());
        stream.CloseWrite();
        stream.Close();
        EXPECT_TRUE(absl::IsUnavailable(ReadUpTo(env, stream, 10).status()));
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("x", env.After(kLong))));
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      });
}

TEST_P(StreamResetContract, AClosedListenerResetsWhoWasNotAccepted) {
  for (const bool bytes : {false, true}) {
    std::optional<env::Endpoint> where;
    bool dialed = false;
    world().RunHosts({[&](env::Env& env) {
                        Await(env, [&] { return where.has_value(); });
                        const auto stream = MustDial(env, *where);
                        if (bytes) {
                          EXPECT_TRUE(stream->Write("hello", env.After(kLong)).ok());
                        }
                        dialed = true;
                        const auto got = ReadUpTo(env, *stream, 10);
                        EXPECT_TRUE(absl::IsUnavailable(got.status()))
                            << bytes << ": " << got.status();
                      },
                      [&](env::Env& env) {
                        const auto port = MustListen(env, world().Address(1));
                        where = port->local();
                        Await(env, [&] { return dialed; });
                        EXPECT_TRUE(env.Sleep(kSoon).ok());
                      }});
  }
}

TEST_P(StreamResetContract, HalfCloseInBothOrders) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        stream.CloseWrite();
        EXPECT_EQ(ReadSome(env, stream, 7, 7).value(), "one way");
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
        stream.CloseWrite();  // again
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("x", env.After(kLong))));
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_TRUE(stream.Write("one way", env.After(kLong)).ok());  // the end came long ago
        stream.CloseWrite();
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      });
}

TEST_P(StreamResetContract, HalfCloseWithUnreadBytesIsNoReset) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("unread for now", env.After(kLong)).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "bye");
        stream.CloseWrite();
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_TRUE(stream.Write("bye", env.After(kLong)).ok());
        stream.CloseWrite();
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        EXPECT_EQ(ReadToEnd(env, stream).value(), "unread for now");
      });
}

TEST_P(StreamResetContract, AnEmptyWriteSendsNothingButTellsOfTheEnd) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("", env.After(kLong)).ok());
        EXPECT_TRUE(stream.Write("a", env.After(kLong)).ok());
        EXPECT_TRUE(stream.Write("", env.After(kLong)).ok());
        stream.CloseWrite();
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("", env.After(kLong))));
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
        stream.Close();
        EXPECT_TRUE(absl::IsUnavailable(stream.Write("", env.After(kLong))));
      },
      [&](env::Env& env, env::Stream& stream) { EXPECT_EQ(ReadToEnd(env, stream).value(), "a"); });
}

TEST_P(StreamResetContract, AnEmptyWriteTellsOfAReset) {
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("never read", env.After(kLong)).ok());
        const absl::Status status = WriteUntilItFails(env, stream, "");
        EXPECT_TRUE(absl::IsUnavailable(status)) << status;
        EXPECT_TRUE(absl::IsUnavailable(ReadUpTo(env, stream, 10).status()));
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(env.Sleep(kSoon).ok());
        stream.Close();
      });
}

TEST_P(StreamResetContract, AWriteCutOffByItsDeadlineHasSentAPrefix) {
  const std::string bytes = Pattern(32 << 20);
  bool late = false;
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        const absl::Status status = stream.Write(bytes, env.After(kSoon));
        EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
        late = true;
        stream.Close();  // what the transport has taken still goes out
      },
      [&](env::Env& env, env::Stream& stream) {
        Await(env, [&] { return late; });
        const std::string got = ReadToEnd(env, stream).value();
        EXPECT_GT(got.size(), 0u);
        EXPECT_LT(got.size(), bytes.size());
        EXPECT_TRUE(got == bytes.substr(0, got.size()));
      });
}

TEST_P(StreamResetContract, AFullTransportTakesMoreOnceThereIsRoom) {
  const std::string bytes = Pattern(16 << 20);
  Connect(
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_TRUE(stream.Write(bytes, env.After(kLong)).ok());
        stream.CloseWrite();
        EXPECT_EQ(ReadToEnd(env, stream).value(), "");
      },
      [&](env::Env& env, env::Stream& stream) {
        std::string got;
        for (int i = 0; i < 8; ++i) {  // with pauses in which everything fills up
          EXPECT_TRUE(env.Sleep(5ms).ok());
          got += ReadSome(env, stream, 1 << 20, 77'777).value();
        }
        got += ReadToEnd(env, stream).value();
        EXPECT_TRUE(got == bytes);
      });
}

TEST_P(StreamResetContract, ADeadlineInThePastStillSendsWhatFits) {
  Connect(
      [&](env::Env&, env::Stream& stream) {
        EXPECT_TRUE(stream.Write("in time", Instant::Past()).ok());
        const absl::Status status = stream.Write(std::string(64 << 20, 'x'), Instant::Past());
        EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
      },
      [&](env::Env& env, env::Stream& stream) {
        EXPECT_EQ(ReadSome(env, stream, 7, 7).value(), "in time");
        EXPECT_TRUE(env.Sleep(kSoon).ok());
      });
}

}  // namespace
}  // namespace konsul::contract
