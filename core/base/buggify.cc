#include "core/base/buggify.h"

namespace konsul {

const char* BuggifyName(BuggifySite site) {
  switch (site) {
    case BuggifySite::kShortAppend:
      return "short-append";
    case BuggifySite::kEarlyElection:
      return "early-election";
    case BuggifySite::kEarlyHeartbeat:
      return "early-heartbeat";
    case BuggifySite::kForcedSnapshot:
      return "forced-snapshot";
    case BuggifySite::kSmallChunk:
      return "small-chunk";
    case BuggifySite::kSlowApply:
      return "slow-apply";
    case BuggifySite::kCommitOfOne:
      return "commit-of-one";
    case BuggifySite::kEarlySegment:
      return "early-segment";
    case BuggifySite::kReadBatchOfOne:
      return "read-batch-of-one";
    case BuggifySite::kForcedYield:
      return "forced-yield";
    case BuggifySite::kSpuriousWake:
      return "spurious-wake";
    case BuggifySite::kSmallHttpRead:
      return "small-http-read";
    case BuggifySite::kSmallRpcRead:
      return "small-rpc-read";
    case BuggifySite::kSplitRpcWrite:
      return "split-rpc-write";
  }
  return "?";
}

}  // namespace konsul
