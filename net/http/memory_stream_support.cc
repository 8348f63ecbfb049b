#include "net/http/memory_stream_support.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"

namespace konsul::http {

absl::StatusOr<size_t> MemoryStream::Read(absl::Span<char> buffer, Instant deadline) {
  KONSUL_CHECK(!buffer.empty());
  while (true) {
    if (closed_ || in_->reset) return absl::UnavailableError("connection reset");
    if (!in_->bytes.empty()) break;
    if (in_->ended) return 0;
    const absl::Status status = in_->readable.Wait(deadline);
    if (!status.ok()) return status;
  }
  const size_t n = std::min({buffer.size(), in_->bytes.size(), read_max_});
  std::memcpy(buffer.data(), in_->bytes.data(), n);
  in_->bytes.erase(0, n);
  in_->writable.WakeAll();
  return n;
}

absl::Status MemoryStream::Write(absl::string_view data, Instant deadline) {
  ++writes_;
  while (true) {
    if (closed_ || out_->reset || out_->ended) return absl::UnavailableError("connection reset");
    const size_t n = std::min(data.size(), out_->capacity - out_->bytes.size());
    out_->bytes.append(data.data(), n);
    data.remove_prefix(n);
    if (n > 0) out_->readable.WakeAll();
    if (data.empty()) return absl::OkStatus();
    const absl::Status status = out_->writable.Wait(deadline);
    if (!status.ok()) return status;
  }
}

void MemoryStream::WakeWhenReadable(fiber::Continuation& continuation) {
  if (closed_ || in_->reset || in_->ended || !in_->bytes.empty()) {
    continuation.Wake();
  } else {
    continuation.WaitIn(in_->readable);
  }
}

void MemoryStream::CloseWrite() {
  out_->ended = true;
  out_->WakeAll();
}

void MemoryStream::Close() {
  if (closed_) return;
  closed_ = true;
  if (!in_->bytes.empty() && !in_->reset) {
    out_->reset = true;
    out_->bytes.clear();
  }
  out_->ended = true;
  in_->reset = true;  // the peer's writes fail from now on
  out_->WakeAll();
  in_->WakeAll();
}

MemoryListener::~MemoryListener() {
  Close();
  network_.listeners_.erase(local_);
}

absl::StatusOr<std::unique_ptr<env::Stream>> MemoryListener::Accept(Instant deadline) {
  while (true) {
    if (closed_) return absl::UnavailableError("listener closed");
    if (!network_.accept_errors.empty()) {
      const absl::Status error = network_.accept_errors.front();
      network_.accept_errors.pop_front();
      return error;
    }
    if (!queue_.empty()) break;
    const absl::Status status = arrived_.Wait(deadline);
    if (!status.ok()) return status;
  }
  std::unique_ptr<MemoryStream> stream = std::move(queue_.front());
  queue_.pop_front();
  network_.accepted.push_back(stream.get());
  return stream;
}

void MemoryListener::Close() {
  closed_ = true;
  queue_.clear();
  arrived_.WakeAll();
}

absl::StatusOr<std::unique_ptr<env::Stream>> MemoryNetwork::Dial(const env::Endpoint& to, Instant) {
  const auto it = listeners_.find(to);
  if (it == listeners_.end() || it->second->closed_) {
    return absl::UnavailableError("connection refused");
  }
  const env::Endpoint from{"10.0.0.9", next_port_++};
  auto there = std::make_shared<MemoryPipe>(scheduler_, capacity);
  auto back = std::make_shared<MemoryPipe>(scheduler_, capacity);
  it->second->queue_.push_back(std::make_unique<MemoryStream>(there, back, to, from));
  it->second->arrived_.WakeAll();
  return std::make_unique<MemoryStream>(back, there, from, to);
}

absl::StatusOr<std::unique_ptr<env::Listener>> MemoryNetwork::Listen(const env::Endpoint& at) {
  auto listener = std::make_unique<MemoryListener>(*this, scheduler_, at);
  if (!listeners_.emplace(at, listener.get()).second) {
    return absl::FailedPreconditionError("address already in use");
  }
  return listener;
}

absl::StatusOr<std::unique_ptr<env::File>> NoDisk::Open(absl::string_view, env::OpenMode) {
  return absl::NotFoundError("no disk");
}
absl::Status NoDisk::Rename(absl::string_view, absl::string_view) {
  return absl::NotFoundError("no disk");
}
absl::Status NoDisk::Remove(absl::string_view) { return absl::NotFoundError("no disk"); }
absl::StatusOr<std::vector<std::string>> NoDisk::List(absl::string_view) {
  return std::vector<std::string>{};
}
absl::StatusOr<bool> NoDisk::Exists(absl::string_view) { return false; }
absl::Status NoDisk::CreateDir(absl::string_view) { return absl::OkStatus(); }
absl::Status NoDisk::SyncDir(absl::string_view) { return absl::OkStatus(); }

void MemoryWorld::RunFor(Duration d) {
  const Instant end = clock.now + d;
  Run();
  while (scheduler.NextDeadline() <= end) {
    clock.now = std::max(clock.now, scheduler.NextDeadline());
    Run();
  }
  clock.now = end;
}

void MemoryWorld::OnFiber(absl::AnyInvocable<void()> body) {
  bool done = false;
  group.Spawn("test", [&] {
    body();
    done = true;
  });
  Run();
  while (!done) {
    const Instant next = scheduler.NextDeadline();
    KONSUL_CHECK(next != Instant::Never(), "the test's fiber waits for ever");
    clock.now = std::max(clock.now, next);
    Run();
  }
}

}  // namespace konsul::http
