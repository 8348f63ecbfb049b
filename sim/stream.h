// What a process holds of a connection, and of a port it listens on.
#ifndef KONSUL_SIM_STREAM_H_
#define KONSUL_SIM_STREAM_H_

#include <deque>
#include <memory>
#include <string>

#include "core/env/network.h"
#include "core/fiber/scheduler.h"
#include "sim/connection.h"
#include "sim/life.h"

namespace konsul::sim {

class StreamLayer;

class SimStream : public env::Stream {
 public:
  SimStream(StreamLayer& layer, Life& life);
  ~SimStream() override { Close(); }

  absl::StatusOr<size_t> Read(absl::Span<char> buffer, Instant deadline) override;
  absl::Status Write(absl::string_view data, Instant deadline) override;
  void WakeWhenReadable(fiber::Continuation& continuation) override;
  void CloseWrite() override;
  void Close() override;
  const env::Endpoint& local() const override { return local_; }
  const env::Endpoint& peer() const override { return peer_; }

  // Suspends until the handshake of an outgoing connection is over.
  absl::Status AwaitEstablished(Instant deadline);

  // For StreamLayer ------------------------------------------------------------------------------

  void Attach(ConnectionId id, int side, env::Endpoint local, env::Endpoint peer);
  void Established() {
    established_ = true;
    readable_.WakeAll();
  }
  // The connection is over for this side; `why` is what Write answers from now on, and Read once it
  // has given out `unread`; instead of it when the peer's orderly end had arrived before.
  void Fail(absl::Status why, std::string unread = "", bool ended = false);
  void WakeReader() { readable_.WakeAll(); }
  void WakeWriter() { writable_.WakeAll(); }

 private:
  absl::Status Usable();

  StreamLayer& layer_;
  Life& life_;
  ConnectionId id_;
  int side_ = 0;
  env::Endpoint local_;
  env::Endpoint peer_;
  bool attached_ = false;
  bool established_ = false;
  bool write_closed_ = false;
  absl::Status error_;
  std::string unread_;  // when there is an error
  bool ended_ = false;  // the same
  fiber::WaitList readable_;
  fiber::WaitList writable_;
};

class SimListener : public env::Listener {
 public:
  SimListener(StreamLayer& layer, Life& life, env::Endpoint at);
  ~SimListener() override { Close(); }

  absl::StatusOr<std::unique_ptr<env::Stream>> Accept(Instant deadline) override;
  void Close() override;
  const env::Endpoint& local() const override { return local_; }

  // For StreamLayer ------------------------------------------------------------------------------

  size_t backlog() const { return backlog_.size(); }
  void Enqueue(ConnectionId id) {
    backlog_.push_back(id);
    acceptable_.WakeOne();
  }
  // The process was killed: the layer has already dealt with the connections.
  void CutOff() {
    closed_ = true;
    backlog_.clear();
  }

 private:
  StreamLayer& layer_;
  Life& life_;
  const env::Endpoint local_;
  bool closed_ = false;
  std::deque<ConnectionId> backlog_;
  fiber::WaitList acceptable_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_STREAM_H_
