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
  // Bytes that may wait for a slow peer; beyond, Send refuses. Bounds what a silent peer costs.
  static constexpr size_t kQueueBytesMax = 32 << 20;

  Connection(const env::Env& env, std::unique_ptr<env::Stream> stream);

  // Suspends until a whole message is there. Unavailable when the peer is gone or closed;
  // InvalidArgument or DataLoss for bytes that make no sense.
  absl::StatusOr<Envelope> Receive(Instant deadline);

  // Queues a message for the writer. False when the queue is full or the connection closed; never
  // suspends.
  bool Send(const Envelope& envelope);
  // Queues it and writes everything out before it returns; for introductions, before there is a
  // writer.
  absl::Status SendNow(const Envelope& envelope, Instant deadline);

  // Writes what is queued, as much as possible at a time, until the connection fails or the fiber
  // is cancelled; returns why.
  absl::Status RunWriter();

  // Ends Receive and RunWriter with Unavailable. May be repeated.
  void Close();

  const env::Endpoint& peer() const { return stream_->peer(); }

 private:
  const env::Env env_;
  std::unique_ptr<env::Stream> stream_;
  FrameParser parser_;
  std::string read_buffer_;
  std::string queued_;   // frames not handed to the stream yet
  std::string writing_;  // frames in the stream's Write
  fiber::WaitList writer_wakes_;
  bool closed_ = false;
};

}  // namespace konsul::rpc

#endif  // KONSUL_NET_RPC_CONNECTION_H_
