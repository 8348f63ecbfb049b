// One connection between two servers: envelopes in, envelopes out, whoever dialled it.
#ifndef KONSUL_NET_RPC_CONNECTION_H_
#define KONSUL_NET_RPC_CONNECTION_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/env/env.h"
#include "core/fiber/scheduler.h"
#include "net/rpc/codec.h"
#include "net/rpc/frame.h"

namespace konsul::rpc {

// Owned by the fiber group that serves it. One fiber receives, one runs the writer, any fiber
// sends.
class Connection {
 public:
  // Bytes and messages that may wait for a slow peer, those being written included; beyond, Send
  // refuses. They bound what a silent peer costs.
  static constexpr size_t kQueueBytesMax = 16 << 20;
  static constexpr size_t kQueueMessagesMax = 16 << 10;

  // Takes introductions only, see SetPeerKnown.
  Connection(const env::Env& env, std::unique_ptr<env::Stream> stream);

  // The peer is known from now on and may send messages of any size.
  void SetPeerKnown() { parser_.SetPayloadMax(kFramePayloadMax); }

  // Suspends until a whole message is there. Unavailable when the peer is gone or closed;
  // InvalidArgument or DataLoss for bytes that make no sense.
  absl::StatusOr<Envelope> Receive(Instant deadline);

  // Queues a message for the writer; never suspends. Nothing of it was sent when this fails:
  // ResourceExhausted when the queue is full, Unavailable when the connection is closed,
  // InvalidArgument for a message that is larger than any frame.
  absl::Status Send(const Envelope& envelope);
  // Writes a message out before it returns; where no writer runs.
  absl::Status SendNow(const Envelope& envelope, Instant deadline);

  // Writes what is queued, as much as possible at a time, until the connection fails or the fiber
  // is cancelled; returns why.
  absl::Status RunWriter();

  // Ends Receive and RunWriter with Unavailable. May be repeated.
  void Close();
  // It was the peer's side that ended the connection, by a reset or an orderly end.
  bool closed_by_peer() const { return closed_by_peer_; }

  const env::Endpoint& peer() const { return stream_->peer(); }

 private:
  // Passes a status of the stream on.
  absl::Status Noticed(absl::Status status);
  absl::Status Write(absl::string_view bytes);

  const env::Env env_;
  std::unique_ptr<env::Stream> stream_;
  FrameParser parser_;
  const std::unique_ptr<char[]> read_buffer_;
  std::string queued_;   // frames not handed to the stream yet
  std::string writing_;  // frames in the stream's Write
  size_t queued_messages_ = 0;
  size_t writing_messages_ = 0;
  fiber::WaitList writer_wakes_;
  bool closed_ = false;
  bool closed_by_peer_ = false;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_CONNECTION_H_
