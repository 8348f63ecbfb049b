// A window for checkers: what a server's consensus and state machine did, as it happens. The
// process installs none; the simulator's oracles live here. Called synchronously; must not change
// anything.
#ifndef KONSUL_CORE_SERVER_OBSERVER_H_
#define KONSUL_CORE_SERVER_OBSERVER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "core/base/hash.h"
#include "core/base/ids.h"
#include "core/raft/raft.h"

namespace konsul::server {

// A request to another server that travels outside of the messages of consensus.
struct PeerCall {
  enum class Kind : uint8_t { kSnapshotPiece, kWrite, kReadIndex };
  Kind kind = Kind::kWrite;
  NodeId from;
  NodeId to;
  // kSnapshotPiece: of which snapshot, of how many bytes, and whether a transfer begins with it.
  Index snapshot;
  uint64_t bytes = 0;
  bool first = false;
};

class Observer {
 public:
  virtual ~Observer() = default;

  // After the core was built from what storage recovered.
  virtual void OnStart(const raft::Raft& raft) = 0;
  // A message has arrived; the core is about to take it.
  virtual void OnStep(const raft::Message& message) = 0;
  // After every input, with the work that came out of it, before any of it is done.
  virtual void OnReady(const raft::Raft& raft, const raft::Ready& ready) = 0;
  // A batch that needed it became durable; `raft` knows it already.
  virtual void OnPersisted(const raft::Raft& raft) = 0;
  // The state machine has applied everything up to `index`.
  virtual void OnApplied(NodeId node, Index index, const Hash128& digest) = 0;
  // A file of this server's is not what was written to it.
  virtual void OnDataLoss(const absl::Status& status) = 0;
  // A request goes to another server; the number that is returned comes back with its answer. A
  // process that dies meanwhile gets none.
  virtual uint64_t OnCall(const PeerCall&) { return 0; }
  // `have`: the bytes of the snapshot that the receiver has now.
  virtual void OnAnswer(uint64_t /*call*/, const absl::Status&, uint64_t /*have*/) {}
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_OBSERVER_H_
