#include "sim/stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "sim/stream_layer.h"

namespace konsul::sim {

SimStream::SimStream(StreamLayer& layer, Life& life)
    : layer_(layer), life_(life), readable_(life.scheduler), writable_(life.scheduler) {}

void SimStream::Attach(ConnectionId id, int side, env::Endpoint local, env::Endpoint peer) {
  id_ = id;
  side_ = side;
  local_ = std::move(local);
  peer_ = std::move(peer);
  attached_ = true;
}

absl::Status SimStream::Usable() {
  KONSUL_RETURN_IF_ERROR(life_.Check());
  return error_;
}

absl::Status SimStream::AwaitEstablished(Instant deadline) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(Usable());
    if (established_) return absl::OkStatus();
    KONSUL_RETURN_IF_ERROR(readable_.Wait(deadline));
  }
}

absl::StatusOr<size_t> SimStream::Read(absl::Span<char> buffer, Instant deadline) {
  KONSUL_CHECK(readable_.empty(), "two readers of one stream");
  while (true) {
    KONSUL_RETURN_IF_ERROR(life_.Check());
    if (attached_ && !unread_.empty()) {
      const size_t n = unread_.copy(buffer.data(), buffer.size());
      unread_.erase(0, n);
      return n;
    }
    if (attached_ && ended_) return 0;
    KONSUL_RETURN_IF_ERROR(error_);
    if (buffer.empty()) return 0;
    const StreamLayer::Received got = layer_.Receive(id_, side_, buffer);
    if (got.bytes > 0 || got.end) return got.bytes;
    KONSUL_RETURN_IF_ERROR(readable_.Wait(deadline));
  }
}

absl::Status SimStream::Write(absl::string_view data, Instant deadline) {
  KONSUL_CHECK(writable_.empty(), "two writers of one stream");
  while (true) {
    KONSUL_RETURN_IF_ERROR(Usable());
    if (write_closed_) return absl::UnavailableError("write after CloseWrite");
    data.remove_prefix(layer_.Send(id_, side_, data));
    if (data.empty()) return absl::OkStatus();
    if (layer_.Writable(id_, side_)) continue;
    KONSUL_RETURN_IF_ERROR(writable_.Wait(deadline));
  }
}

void SimStream::WakeWhenReadable(fiber::Continuation& continuation) {
  if (!Usable().ok() || layer_.Readable(id_, side_)) {
    continuation.Wake();
  } else {
    continuation.WaitIn(readable_);
  }
}

void SimStream::CloseWrite() {
  if (write_closed_ || !Usable().ok()) return;
  write_closed_ = true;
  layer_.EndWrites(id_, side_);
}

void SimStream::Close() {
  if (!attached_) return;
  attached_ = false;
  if (error_.ok()) {
    error_ = absl::UnavailableError(absl::StrCat("connection to ", peer_.ToString(), " closed"));
  }
  if (life_.alive) layer_.Close(id_, side_);
  readable_.WakeAll();
  writable_.WakeAll();
}

void SimStream::Fail(absl::Status why, std::string unread, bool ended) {
  if (error_.ok()) error_ = std::move(why);
  unread_ = std::move(unread);
  ended_ = ended;
  readable_.WakeAll();
  writable_.WakeAll();
}

SimListener::SimListener(StreamLayer& layer, Life& life, env::Endpoint at)
    : layer_(layer), life_(life), local_(std::move(at)), acceptable_(life.scheduler) {}

absl::StatusOr<std::unique_ptr<env::Stream>> SimListener::Accept(Instant deadline) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(life_.Check());
    if (closed_) {
      return absl::UnavailableError(absl::StrCat("listener ", local_.ToString(), " closed"));
    }
    while (!backlog_.empty()) {
      if (layer_.DrawAcceptFailure(life_.host)) {
        return absl::ResourceExhaustedError("accept: too many open files");
      }
      const ConnectionId id = backlog_.front();
      backlog_.pop_front();
      auto stream = std::make_unique<SimStream>(layer_, life_);
      if (layer_.Accept(id, stream.get())) return stream;
    }
    KONSUL_RETURN_IF_ERROR(acceptable_.Wait(deadline));
  }
}

void SimListener::Close() {
  if (closed_) return;
  closed_ = true;
  if (life_.alive) {
    layer_.Unlisten(life_.host, local_);
    for (const ConnectionId id : backlog_) layer_.Reject(id);
  }
  backlog_.clear();
  acceptable_.WakeAll();
}

}  // namespace konsul::sim
