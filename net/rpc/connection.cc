#include "net/rpc/connection.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/status.h"

namespace konsul::rpc {
namespace {

constexpr size_t kReadBytes = 64 << 10;
// A peer that takes no byte for so long is gone; its connection is worth a fresh start.
constexpr Duration kWriteTimeout = 10s;

}  // namespace

Connection::Connection(const env::Env& env, std::unique_ptr<env::Stream> stream)
    : env_(env),
      stream_(std::move(stream)),
      read_buffer_(kReadBytes, '\0'),
      writer_wakes_(env.scheduler) {}

absl::StatusOr<Envelope> Connection::Receive(Instant deadline) {
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(std::optional<std::string> payload, parser_.Next());
    if (payload.has_value()) return Decode(*payload);
    KONSUL_ASSIGN_OR_RETURN(const size_t n, stream_->Read(absl::MakeSpan(read_buffer_), deadline));
    if (n == 0) return absl::UnavailableError("the peer closed the connection");
    parser_.Feed(absl::string_view(read_buffer_.data(), n));
  }
}

bool Connection::Send(const Envelope& envelope) {
  if (closed_ || queued_.size() > kQueueBytesMax) return false;
  AppendFrame(Encode(envelope), queued_);
  writer_wakes_.WakeOne();
  return true;
}

absl::Status Connection::SendNow(const Envelope& envelope, Instant deadline) {
  std::string frame;
  AppendFrame(Encode(envelope), frame);
  return stream_->Write(frame, deadline);
}

absl::Status Connection::RunWriter() {
  while (!closed_) {
    if (queued_.empty()) {
      KONSUL_RETURN_IF_ERROR(writer_wakes_.Wait());
      continue;
    }
    writing_.clear();
    std::swap(writing_, queued_);
    const absl::Status status = stream_->Write(writing_, env_.After(kWriteTimeout));
    if (!status.ok()) {
      Close();
      return status;
    }
  }
  return absl::UnavailableError("connection closed");
}

void Connection::Close() {
  if (closed_) return;
  closed_ = true;
  stream_->Close();
  writer_wakes_.WakeAll();
}

}  // namespace konsul::rpc
