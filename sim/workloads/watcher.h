// Clients that wait for changes with blocking queries, and somebody who makes changes for them.
//
// A watcher asks one server for its key or prefix, with the index that it was told last, for as
// long as it gets answers, and then goes to another; its answers go to the oracle, and as reads
// into the history. It goes on while faults happen.
//
// The changes come when all is well again: in rounds, each followed by a time without any, in which
// every watcher has to learn what there is. Keys are created, changed and deleted, also several
// times in a row, so that a watcher is just asking again when its key changes. Where the workload
// restores, all keys are also put back at once to what they were.
#ifndef KONSUL_SIM_WORKLOADS_WATCHER_H_
#define KONSUL_SIM_WORKLOADS_WATCHER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "sim/checkers/history.h"
#include "sim/checkers/watch_completeness.h"
#include "sim/workloads/client.h"

namespace konsul::workloads {

// What the watchers of a run share. Owned by the runner; outlives their process.
struct WatchShared {
  Shared* clients = nullptr;  // servers, history, time
  checkers::WatchCompleteness* oracle = nullptr;
  uint32_t first_client = 0;      // their numbers in the history
  Duration longest_wait = 10s;    // for ?wait
  std::vector<std::string> keys;  // all that are watched
  bool restores = false;          // the changes, too, put everything back at times
  uint64_t restored = 0;
  uint64_t answers = 0;
  uint64_t news = 0;  // answers with a new index
  bool changes_done = false;
};

// On the calling fiber until cancellation.
void RunWatcher(const env::Env& env, size_t watcher, WatchShared& shared);

// Suspends until all rounds are over and every watcher has seen them; reports who has not within
// `limit`. Unavailable when a change was not answered as it should.
absl::Status RunChanges(const env::Env& env, WatchShared& shared, Duration limit);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_WATCHER_H_
