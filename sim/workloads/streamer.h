// Clients that follow change streams, and somebody who makes changes for them.
//
// A streamer asks one server for what happens to its prefixes, and reads until the connection ends,
// nothing comes for long, or it feels like it; then it goes on with another server from the last id
// that it was given, as any client of server-sent events does. All that it is told goes to the
// oracle. It goes on while faults happen.
//
// When all is well again there are more changes, single ones and whole trees, and everybody must
// learn of every one of them.
#ifndef KONSUL_SIM_WORKLOADS_STREAMER_H_
#define KONSUL_SIM_WORKLOADS_STREAMER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/env/env.h"
#include "sim/checkers/stream_completeness.h"
#include "sim/workloads/client.h"

namespace konsul::workloads {

// What the streamers of a run share. Owned by the runner; outlives their process.
struct StreamShared {
  Shared* clients = nullptr;  // servers, time
  checkers::StreamCompleteness* oracle = nullptr;
  std::string changed;  // prefix of what the one who makes changes changes
  Duration patience{};  // longer than a stream that works is silent
  bool leave = true;    // now and then without need
  uint64_t states = 0;  // events of each kind
  uint64_t changes = 0;
  uint64_t progress = 0;
  uint64_t too_late = 0;
  uint64_t resumed = 0;  // connections that went on from an index
  bool changes_done = false;
};

// All fields of a row, as the oracle compares them.
std::string RowText(const KvItem& item);

// On the calling fiber until cancellation.
void RunStreamer(const env::Env& env, size_t streamer, StreamShared& shared);

// Suspends until the changes are made. Unavailable when one of them cannot be made.
absl::Status RunStreamedChanges(const env::Env& env, StreamShared& shared);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_STREAMER_H_
