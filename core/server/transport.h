// Talk between servers, as core/server needs it; net/rpc implements it on env streams.
#ifndef KONSUL_CORE_SERVER_TRANSPORT_H_
#define KONSUL_CORE_SERVER_TRANSPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/env/network.h"
#include "core/raft/configuration.h"
#include "core/raft/types.h"

namespace konsul::server {

// Who a server says it is, on every connection, both ways. Servers of different clusters refuse
// each other; a server that is not bootstrapped yet (cluster 0) talks to all.
struct Introduction {
  NodeId id;
  ClusterId cluster;
  std::string name;
  std::string address;  // of its RPC port, "127.0.0.1:8300"
  // While looking for a cluster to be bootstrapped: all servers it knows of, itself included,
  // ascending by id. See bootstrap.h.
  std::vector<raft::Member> view;
  uint32_t bootstrap_expect = 0;
};

// A command for the leader to replicate, and its result once applied there.
struct ExecuteRequest {
  std::string command;
};
struct ExecuteReply {
  Index index;
  std::string result;
};
// "Up to which index must I have applied to read linearizably?"
struct ReadIndexRequest {};
struct ReadIndexReply {
  Index index;
};

// The other side of Transport: what the server does with what arrives. Called on the transport's
// fibers; the request handlers may suspend.
class TransportHandler {
 public:
  virtual ~TransportHandler() = default;

  virtual Introduction Introduce() const = 0;
  // An introduction arrived. An error refuses the connection, and the peer is told the text.
  virtual absl::Status OnIntroduction(const Introduction& peer) = 0;
  virtual void OnRaftMessage(raft::Message message) = 0;
  // The connection over which messages to `peer` went is gone; some may be lost.
  virtual void OnPeerLost(NodeId peer) = 0;
  virtual absl::StatusOr<ExecuteReply> OnExecute(ExecuteRequest request, Instant deadline) = 0;
  virtual absl::StatusOr<ReadIndexReply> OnReadIndex(ReadIndexRequest request,
                                                     Instant deadline) = 0;
};

// Fibers of the server's scheduler only.
class Transport {
 public:
  virtual ~Transport() = default;

  // Queues a message; never suspends. Dropped when the peer is not connected or its queue is full:
  // consensus repeats itself.
  virtual void Send(raft::Message message) = 0;
  // Where a server is, from its introduction or from the configuration.
  virtual void Learn(NodeId id, const env::Endpoint& address) = 0;
  // Introduces itself at an address (one of -retry-join) and returns who answered there.
  virtual absl::StatusOr<Introduction> Introduce(const env::Endpoint& address,
                                                 Instant deadline) = 0;

  // Suspend until the reply. Unavailable when the request was certainly not sent; Aborted when the
  // connection broke after it was (the outcome is unknown); or the error that the peer returned.
  virtual absl::StatusOr<ExecuteReply> Execute(NodeId to, ExecuteRequest request,
                                               Instant deadline) = 0;
  virtual absl::StatusOr<ReadIndexReply> ReadIndex(NodeId to, ReadIndexRequest request,
                                                   Instant deadline) = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_TRANSPORT_H_
