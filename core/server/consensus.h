// What request handlers (core/api) may ask of the replicated log, on whatever server they run.
#ifndef KONSUL_CORE_SERVER_CONSENSUS_H_
#define KONSUL_CORE_SERVER_CONSENSUS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/ids.h"
#include "core/base/time.h"

namespace konsul::server {

// Consul's consistency modes. Default and consistent both confirm the leader by a quorum (read
// index) on every read; stale answers from this server's state as it is.
enum class Consistency { kDefault, kConsistent, kStale };

// Where a read stands, for the reply's headers.
struct ReadPoint {
  Index applied;  // this server's state at the time
  bool known_leader = false;
  Duration last_contact{};  // since this server heard from the leader; 0 on the leader
};

// Fibers of the server's own scheduler only. Errors: Unavailable "No cluster leader" when none is
// known or found before the deadline; DeadlineExceeded or Unavailable with another text when the
// outcome of a command is unknown (it may still be applied); Cancelled while shutting down.
class Consensus {
 public:
  virtual ~Consensus() = default;

  // Replicates `command` (core/wire/command.fbs), forwarding to the leader if need be, and suspends
  // until it is applied there. Returns the encoded CommandResult. Never sent twice.
  virtual absl::StatusOr<std::string> Execute(std::string command, Instant deadline) = 0;

  // Suspends until this server's own state may answer a read of that consistency: afterwards, and
  // before the next suspension, a read transaction sees at least every write that had been
  // acknowledged anywhere when the call was made (except for kStale).
  virtual absl::StatusOr<ReadPoint> ReadBarrier(Consistency consistency, Instant deadline) = 0;

  // "127.0.0.1:8300", or empty when unknown.
  virtual std::string LeaderAddress() const = 0;
  // Of all voters, ascending.
  virtual std::vector<std::string> PeerAddresses() const = 0;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_CONSENSUS_H_
