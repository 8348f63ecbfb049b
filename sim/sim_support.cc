#include "sim/sim_support.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace konsul::sim {

std::unique_ptr<env::Stream> DialAgain(env::Env& env, const env::Endpoint& to) {
  while (true) {
    auto stream = env.network.Dial(to, env.After(2s));
    if (stream.ok()) return *std::move(stream);
    if (!env.Sleep(10ms).ok()) return nullptr;
  }
}

std::string ReadBytes(env::Stream& stream, size_t size, Instant deadline) {
  std::string bytes;
  std::string buffer(64 * 1024, '\0');
  while (bytes.size() < size) {
    const size_t room = std::min(buffer.size(), size - bytes.size());
    const auto n = stream.Read(absl::MakeSpan(buffer).first(room), deadline);
    if (!n.ok() || *n == 0) break;
    bytes.append(buffer, 0, *n);
  }
  return bytes;
}

void Echo(env::Env env, env::Endpoint at) {
  auto listener = env.network.Listen(at);
  if (!listener.ok()) return;
  fiber::Group group(env.scheduler);
  while (true) {
    auto accepted = (*listener)->Accept(Instant::Never());
    if (!accepted.ok()) return;
    group.Spawn("echo", [stream = std::move(*accepted)] {
      char buffer[1024];
      while (true) {
        const auto n = stream->Read(absl::MakeSpan(buffer), Instant::Never());
        if (!n.ok() || *n == 0) return;
        if (!stream->Write(absl::string_view(buffer, *n), Instant::Never()).ok()) return;
      }
    });
  }
}

void Gossip(env::Env env, std::vector<std::string> addresses, size_t self) {
  fiber::Group group(env.scheduler);
  group.Spawn("echo", [&] { Echo(env, {addresses[self], 7}); });
  group.Spawn("listen", [&] {
    auto socket = env.network.Bind({addresses[self], 8});
    while (socket.ok() && (*socket)->Receive(Instant::Never()).ok()) {
    }
  });
  for (size_t peer = 0; peer < addresses.size(); ++peer) {
    if (peer == self) continue;
    group.Spawn("talk", [&, peer, random = env.random.Fork(addresses[peer])]() mutable {
      auto socket = env.network.Bind({addresses[self], 0});
      auto log = env.disk.Open(absl::StrCat("log", peer), env::OpenMode::kCreate);
      if (!socket.ok() || !log.ok()) return;
      uint64_t end = 0;
      while (true) {
        const auto stream = DialAgain(env, {addresses[peer], 7});
        if (stream == nullptr) return;
        for (int i = 0; i < 20; ++i) {
          const std::string text(1 + random.Below(100), static_cast<char>('a' + i));
          if (!stream->Write(text, env.After(1s)).ok()) break;
          if (ReadBytes(*stream, text.size(), env.After(1s)) != text) break;
          if (!(*socket)->Send({addresses[peer], 8}, text).ok()) return;
          if (!(*log)->WriteAt(end, text).ok()) return;
          end += text.size();
          if (i % 5 == 0 && absl::IsCancelled((*log)->Sync())) return;
          const auto pause = Duration(static_cast<int64_t>(random.Below(3'000'000)));
          if (!env.Sleep(pause).ok()) return;
        }
      }
    });
  }
  group.Join();
}

}  // namespace konsul::sim
