// Places in the code where it may choose to do something rare that is always allowed: a batch of
// one, a time-out that comes early, a snapshot that nobody asked for. FoundationDB calls them
// buggify points (Zhou et al., SIGMOD'21). The simulator makes such choices (sim/buggify.h), and so
// finds in minutes what would need unlikely sizes and unlucky timing; in the real world there is
// nobody to make them, and every site is the constant false.
//
// A site must be harmless: whatever it does, every promise is kept. It costs time or work, no more.
#ifndef KONSUL_CORE_BASE_BUGGIFY_H_
#define KONSUL_CORE_BASE_BUGGIFY_H_

#include <cstddef>
#include <cstdint>

namespace konsul {

enum class BuggifySite : uint8_t {
  kShortAppend,     // an AppendEntries carries one entry
  kEarlyElection,   // a follower loses its patience early
  kEarlyHeartbeat,  // a leader's next heartbeat comes early
  kForcedSnapshot,  // a snapshot is due though hardly anything was applied
  kSmallChunk,      // a piece of a snapshot on its way is a few bytes long
  kSlowApply,       // committed entries are applied late, and one by one
  kCommitOfOne,     // the log writes and syncs one batch though more are waiting
  kEarlySegment,    // the log goes on in its next segment though this one has room
  kReadBatchOfOne,  // one read gets a round of its own though more are waiting
  kForcedYield,     // a fiber gives way where it could have had a lock, or a condition, at once
  kSpuriousWake,    // a wait ends though nothing has happened
  kSmallHttpRead,   // an HTTP connection takes one byte at a time
  kSmallRpcRead,    // and an RPC connection
  kSplitRpcWrite,   // what is queued for a peer is written in two parts, others run in between
};
inline constexpr size_t kBuggifySites = static_cast<size_t>(BuggifySite::kSplitRpcWrite) + 1;

// "short-append".
const char* BuggifyName(BuggifySite site);

// One per world that makes such choices; outlives the processes.
class Buggify {
 public:
  virtual ~Buggify() = default;
  virtual bool Fires(BuggifySite site) = 0;
};

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_BUGGIFY_H_
