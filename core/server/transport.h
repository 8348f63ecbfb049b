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
#include "core/server/operator.h"
#include "core/server/snapshot_store.h"

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
  Index log_end;  // as far as it is durable: 0 without a log, 1 when it has only begun one
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
struct ReadIndexRequest {
  bool lease = false;  // the leader may answer by its lease, without asking a quorum
};
struct ReadIndexReply {
  Index index;
};

// What a server asks of the leader on behalf of an operator (operator.h) or for itself.
struct AdminRequest {
  enum class Kind : uint8_t { kAddServer = 0, kRemoveServer = 1, kTransfer = 2, kMembers = 3 };
  Kind kind = Kind::kMembers;
  raft::Member member;  // kAddServer; of the others only the id counts, 0 for any in kTransfer
};
struct AdminReply {
  Membership members;  // as of the end of the request
};

// One piece of a snapshot from the leader of `term`. Pieces of one snapshot come one after the
// other, each after the reply to the one before; the first has no bytes and asks where to begin.
struct SnapshotChunk {
  NodeId from;
  Term term;
  SnapshotMeta meta;  // `bytes` is the size of the whole file
  uint64_t offset = 0;
  std::string bytes;
  bool to_learner = false;  // as in raft::AppendRequest
};
struct SnapshotChunkReply {
  Term term;               // of the receiver; a higher one than the sender's ends the transfer
  uint64_t offset = 0;     // the first byte that is missing; meta.bytes when it is complete
  bool installed = false;  // complete, verified, durable, and handed to consensus
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
  // A connection with `peer`, either way, is gone; messages may be lost. `closed` when the peer's
  // side ended it (reset or end of stream), which is what the end of its process looks like; not
  // when we gave up on it.
  virtual void OnPeerLost(NodeId peer, bool closed) = 0;
  virtual absl::StatusOr<ExecuteReply> OnExecute(ExecuteRequest request, Instant deadline) = 0;
  virtual absl::StatusOr<ReadIndexReply> OnReadIndex(ReadIndexRequest request,
                                                     Instant deadline) = 0;
  virtual absl::StatusOr<AdminReply> OnAdmin(AdminRequest request, Instant deadline) = 0;
  virtual absl::StatusOr<SnapshotChunkReply> OnSnapshotChunk(SnapshotChunk chunk,
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
  // Of a server that is no member any more: it is dialled no longer, until it is learnt again. What
  // it dials itself stays.
  virtual void Forget(NodeId id) = 0;
  // Introduces itself at an address (one of -retry-join) and returns who answered there.
  virtual absl::StatusOr<Introduction> Introduce(const env::Endpoint& address,
                                                 Instant deadline) = 0;

  // Suspend until the reply. Unavailable when the request was certainly not sent, ResourceExhausted
  // when too much waits for that server already (not sent either); Aborted when the connection
  // broke after it was sent (the outcome is unknown); or the error that the peer returned.
  virtual absl::StatusOr<ExecuteReply> Execute(NodeId to, ExecuteRequest request,
                                               Instant deadline) = 0;
  virtual absl::StatusOr<ReadIndexReply> ReadIndex(NodeId to, ReadIndexRequest request,
                                                   Instant deadline) = 0;
  virtual absl::StatusOr<AdminReply> Admin(NodeId to, AdminRequest request, Instant deadline) = 0;
  // Nobody expects an answer from this peer any more: what waits for one fails, as if the
  // connection had broken. The connection itself stays.
  virtual void Abandon(NodeId peer) = 0;
  // Over a connection of its own, so that chunks do not hold up heartbeats.
  virtual absl::StatusOr<SnapshotChunkReply> SendChunk(NodeId to, SnapshotChunk chunk,
                                                       Instant deadline) = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_TRANSPORT_H_
