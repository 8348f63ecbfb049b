// However a stream of bytes is cut up for writing and for reading, it is the same stream.
#include <numeric>

#include "rapidcheck.h"
#include "tests/contract/contract_fixture.h"

namespace konsul::contract {
namespace {

class StreamModelContract : public Contract {
 protected:
  static bool Carries(const std::vector<size_t>& writes, const std::vector<size_t>& rooms) {
    const std::unique_ptr<ContractWorld> world = GetParam().make();
    const size_t total = std::accumulate(writes.begin(), writes.end(), size_t{0});
    const std::string bytes = Pattern(total);
    std::string got;
    absl::Status written, read;
    ConnectIn(
        *world,
        [&](env::Env& env, env::Stream& stream) {
          size_t at = 0;
          for (const size_t size : writes) {
            written.Update(stream.Write(bytes.substr(at, size), env.After(kLong)));
            at += size;
          }
          stream.CloseWrite();
          written.Update(ReadToEnd(env, stream).status());
        },
        [&](env::Env& env, env::Stream& stream) {
          for (size_t turn = 0; got.size() < total && read.ok(); ++turn) {
            std::string room(rooms[turn % rooms.size()], '\0');
            const auto size = stream.Read(absl::MakeSpan(room), env.After(kLong));
            read.Update(size.status());
            if (!size.ok() || *size == 0) break;
            got.append(room, 0, *size);
          }
          const auto rest = ReadToEnd(env, stream);
          read.Update(rest.status());
          if (rest.ok()) got += *rest;
        });
    return written.ok() && read.ok() && got == bytes;
  }
};
KONSUL_CONTRACT(StreamModelContract);

TEST_P(StreamModelContract, TheCutsDoNotShow) {
  const bool held = rc::check([] {
    const auto size =
        rc::gen::oneOf(rc::gen::inRange<size_t>(0, 10), rc::gen::inRange<size_t>(0, 200'000));
    const auto writes = *rc::gen::container<std::vector<size_t>>(size);
    const auto rooms = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(1, 20'000)));
    RC_ASSERT(Carries(writes, rooms));
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace konsul::contract
