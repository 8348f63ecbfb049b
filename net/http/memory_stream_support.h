// For tests: streams in memory and a world of one scheduler whose time moves only when told to.
#ifndef KONSUL_NET_HTTP_MEMORY_STREAM_SUPPORT_H_
#define KONSUL_NET_HTTP_MEMORY_STREAM_SUPPORT_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/env/env.h"
#include "core/fiber/scheduler.h"

namespace konsul::http {

// One direction of a connection.
struct MemoryPipe {
  explicit MemoryPipe(fiber::Scheduler& scheduler, size_t capacity_in)
      : capacity(capacity_in), readable(scheduler), writable(scheduler) {}
  void WakeAll() {
    readable.WakeAll();
    writable.WakeAll();
  }

  size_t capacity;
  std::string bytes;
  bool ended = false;  // no more will be written
  bool reset = false;
  fiber::WaitList readable;
  fiber::WaitList writable;
};

class MemoryStream : public env::Stream {
 public:
  MemoryStream(std::shared_ptr<MemoryPipe> in, std::shared_ptr<MemoryPipe> out, env::Endpoint local,
               env::Endpoint peer)
      : in_(std::move(in)),
        out_(std::move(out)),
        local_(std::move(local)),
        peer_(std::move(peer)) {}
  ~MemoryStream() override { Close(); }

  absl::StatusOr<size_t> Read(absl::Span<char> buffer, Instant deadline) override;
  absl::Status Write(absl::string_view data, Instant deadline) override;
  void WakeWhenReadable(fiber::Continuation& continuation) override;
  void CloseWrite() override;
  // Like TCP: unread bytes make it a reset.
  void Close() override;
  const env::Endpoint& local() const override { return local_; }
  const env::Endpoint& peer() const override { return peer_; }

  // At most so many bytes per Read.
  void SetReadMax(size_t n) { read_max_ = n; }
  size_t writes() const { return writes_; }

 private:
  std::shared_ptr<MemoryPipe> in_;
  std::shared_ptr<MemoryPipe> out_;
  env::Endpoint local_;
  env::Endpoint peer_;
  size_t read_max_ = static_cast<size_t>(-1);
  size_t writes_ = 0;
  bool closed_ = false;
};

class MemoryNetwork;

class MemoryListener : public env::Listener {
 public:
  MemoryListener(MemoryNetwork& network, fiber::Scheduler& scheduler, env::Endpoint local)
      : network_(network), local_(std::move(local)), arrived_(scheduler) {}
  ~MemoryListener() override;
  absl::StatusOr<std::unique_ptr<env::Stream>> Accept(Instant deadline) override;
  void Close() override;
  const env::Endpoint& local() const override { return local_; }

 private:
  friend class MemoryNetwork;
  MemoryNetwork& network_;
  env::Endpoint local_;
  std::deque<std::unique_ptr<MemoryStream>> queue_;
  bool closed_ = false;
  fiber::WaitList arrived_;
};

class MemoryNetwork : public env::Network {
 public:
  explicit MemoryNetwork(fiber::Scheduler& scheduler) : scheduler_(scheduler) {}

  absl::StatusOr<std::unique_ptr<env::Stream>> Dial(const env::Endpoint& to, Instant) override;
  absl::StatusOr<std::unique_ptr<env::Listener>> Listen(const env::Endpoint& at) override;
  absl::StatusOr<std::unique_ptr<env::DatagramSocket>> Bind(const env::Endpoint&) override {
    return absl::UnimplementedError("no datagrams in memory");
  }

  // Bytes that a direction holds before Write suspends.
  size_t capacity = 256 * 1024;
  // Taken from the front by each Accept.
  std::deque<absl::Status> accept_errors;
  // The server's ends, in order of connecting; valid while the server keeps them.
  std::vector<MemoryStream*> accepted;

 private:
  friend class MemoryListener;
  fiber::Scheduler& scheduler_;
  std::map<env::Endpoint, MemoryListener*> listeners_;
  uint16_t next_port_ = 40000;
};

class ManualClock : public env::Clock {
 public:
  Instant Now() const override { return now; }
  WallTime WallNow() const override { return {wall_at_zero.ns + now.ns}; }
  Instant now{0};
  WallTime wall_at_zero{784111777'000'000'000};  // Sun, 06 Nov 1994 08:49:37 GMT
};

class NoDisk : public env::Disk {
 public:
  absl::StatusOr<std::unique_ptr<env::File>> Open(absl::string_view, env::OpenMode) override;
  absl::Status Rename(absl::string_view, absl::string_view) override;
  absl::Status Remove(absl::string_view) override;
  absl::StatusOr<std::vector<std::string>> List(absl::string_view) override;
  absl::StatusOr<bool> Exists(absl::string_view) override;
  absl::Status CreateDir(absl::string_view) override;
  absl::Status SyncDir(absl::string_view) override;
  std::string root() const override { return "none"; }
};

class CapturingLogger : public Logger {
 public:
  bool Enabled(LogLevel) const override { return true; }
  void Write(LogLevel level, absl::string_view, absl::string_view message,
             absl::Span<const LogField>) override {
    lines.push_back(absl::StrCat(LogLevelName(level), " ", message));
  }
  std::vector<std::string> lines;
};

// Everything a server or client needs, on virtual time.
class MemoryWorld {
 public:
  MemoryWorld() : group(scheduler) {}

  // Lets fibers run without time passing.
  void Run() { scheduler.Run(clock.now); }
  // Lets time pass, from deadline to deadline.
  void RunFor(Duration d);
  // Runs `body` on a fiber until it has ended, letting time pass.
  void OnFiber(absl::AnyInvocable<void()> body);

  fiber::StackPool stacks;
  fiber::Scheduler scheduler{stacks};
  ManualClock clock;
  MemoryNetwork network{scheduler};
  NoDisk disk;
  CapturingLogger logger;
  env::Env env{clock, network, disk, env::Random(1), scheduler, logger};
  fiber::Group group;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_MEMORY_STREAM_SUPPORT_H_
