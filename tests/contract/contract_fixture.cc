#include "tests/contract/contract_fixture.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"

namespace konsul::contract {
namespace {

// A body cannot go on without what it asked for; an unmet precondition ends the program.
template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  KONSUL_CHECK(result.ok(), what, ": ", result.status().ToString());
  return *std::move(result);
}

}  // namespace

void Contract::ConnectIn(ContractWorld& world, const Talk& dialer, const Talk& listener) {
  std::optional<env::Endpoint> where;
  const std::string host = world.Address(1);
  world.RunHosts({[&](env::Env& env) {
                    Await(env, [&] { return where.has_value(); });
                    const std::unique_ptr<env::Stream> stream = MustDial(env, *where);
                    dialer(env, *stream);
                  },
                  [&](env::Env& env) {
                    const std::unique_ptr<env::Listener> port = MustListen(env, host);
                    where = port->local();
                    const std::unique_ptr<env::Stream> stream =
                        Must(port->Accept(env.After(kLong)), "accept");
                    listener(env, *stream);
                  }});
}

std::unique_ptr<env::Listener> MustListen(env::Env& env, const std::string& host) {
  return Must(env.network.Listen({host, 0}), "listen");
}

std::unique_ptr<env::DatagramSocket> MustBind(env::Env& env, const std::string& host) {
  return Must(env.network.Bind({host, 0}), "bind");
}

std::unique_ptr<env::Stream> MustDial(env::Env& env, const env::Endpoint& to) {
  return Must(env.network.Dial(to, env.After(kLong)), "dial");
}

std::unique_ptr<env::File> MustOpen(env::Env& env, const std::string& path, env::OpenMode mode) {
  return Must(env.disk.Open(path, mode), "open");
}

absl::StatusOr<std::string> ReadSome(env::Env& env, env::Stream& stream, size_t size, size_t room) {
  std::string bytes;
  std::string buffer(room, '\0');
  while (bytes.size() < size) {
    const size_t want = std::min(room, size - bytes.size());
    absl::StatusOr<size_t> got = stream.Read(absl::MakeSpan(&buffer[0], want), env.After(kLong));
    if (!got.ok()) return got.status();
    if (*got == 0) break;
    KONSUL_CHECK(*got <= want, "a read returned more than was asked for");
    bytes.append(buffer, 0, *got);
  }
  return bytes;
}

absl::StatusOr<std::string> ReadToEnd(env::Env& env, env::Stream& stream) {
  return ReadSome(env, stream, static_cast<size_t>(-1), 64 * 1024);
}

std::string MustRead(env::File& file, uint64_t offset, size_t size) {
  std::string buffer(size, '\xee');
  buffer.resize(Must(file.ReadAt(offset, absl::MakeSpan(buffer)), "read"));
  return buffer;
}

std::string Pattern(size_t size, uint64_t seed) {
  env::Random random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.Below(256));
  return bytes;
}

}  // namespace konsul::contract
