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
// A drained queue that had grown larger is given back.
constexpr size_t kKeepBytes = 1 << 20;

absl::Status CheckSize(const std::string& payload) {
  if (payload.size() <= kFramePayloadMax) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a message of ", payload.size(),
                                                 " bytes is over the limit of ", kFramePayloadMax,
                                                 " between servers"));
}

}  // namespace

Connection::Connection(const env::Env& env, std::unique_ptr<env::Stream> stream)
    : env_(env),
      stream_(std::move(stream)),
      read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)),
      writer_wakes_(env.scheduler) {
  parser_.SetPayloadMax(kIntroductionPayloadMax);
}

absl::Status Connection::Noticed(absl::Status status) {
  // After our own Close the stream says Unavailable as well; the first cause counts.
  if (absl::IsUnavailable(status) && !closed_) closed_by_peer_ = true;
  return status;
}

absl::StatusOr<Envelope> Connection::Receive(Instant deadline) {
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(std::optional<std::string> payload, parser_.Next());
    if (payload.has_value()) return Decode(*payload);
    const size_t most = env_.scheduler.Fires(BuggifySite::kSmallRpcRead) ? 1 : kReadBytes;
    const absl::StatusOr<size_t> n =
        stream_->Read(absl::MakeSpan(read_buffer_.get(), most), deadline);
    if (!n.ok()) return Noticed(n.status());
    if (*n == 0) return Noticed(absl::UnavailableError("the peer closed the connection"));
    parser_.Feed(absl::string_view(read_buffer_.get(), *n));
  }
}

absl::Status Connection::Send(const Envelope& envelope) {
  if (closed_) return absl::UnavailableError("the connection is closed");
  const std::string payload = Encode(envelope);
  KONSUL_RETURN_IF_ERROR(CheckSize(payload));
  const size_t bytes = queued_.size() + writing_.size() + kFrameHeaderBytes + payload.size();
  if (bytes > kQueueBytesMax || queued_messages_ + writing_messages_ >= kQueueMessagesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("too much is waiting to be sent to ", peer().ToString()));
  }
  AppendFrame(payload, queued_);
  ++queued_messages_;
  writer_wakes_.WakeOne();
  return absl::OkStatus();
}

absl::Status Connection::SendNow(const Envelope& envelope, Instant deadline) {
  const std::string payload = Encode(envelope);
  KONSUL_RETURN_IF_ERROR(CheckSize(payload));
  std::string frame;
  AppendFrame(payload, frame);
  return Noticed(stream_->Write(frame, deadline));
}

absl::Status Connection::Write(absl::string_view bytes) {
  const Instant deadline = env_.After(kWriteTimeout);
  if (bytes.size() > 1 && env_.scheduler.Fires(BuggifySite::kSplitRpcWrite)) {
    KONSUL_RETURN_IF_ERROR(stream_->Write(bytes.substr(0, bytes.size() / 2), deadline));
    KONSUL_RETURN_IF_ERROR(env_.scheduler.Yield());
    bytes.remove_prefix(bytes.size() / 2);
  }
  return stream_->Write(bytes, deadline);
}

absl::Status Connection::RunWriter() {
  while (!closed_) {
    if (queued_.empty()) {
      KONSUL_RETURN_IF_ERROR(writer_wakes_.Wait());
      continue;
    }
    std::swap(writing_, queued_);
    std::swap(writing_messages_, queued_messages_);
    const absl::Status status = Noticed(Write(writing_));
    if (!status.ok()) {
      Close();
      return status;
    }
    if (writing_.capacity() > kKeepBytes) writing_ = std::string();
    writing_.clear();
    writing_messages_ = 0;
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
