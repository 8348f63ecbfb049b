// Change streams: the present state of some prefixes of a table, then every change to them, each
// once and in the order of the log (docs/api/stream.md).
//
// A stream holds a place in the server's change log (core/state/change_log.h) and no queue, so a
// slow reader costs as much as a quick one; who falls out of the history is told so. It holds no
// fiber while it waits.
#ifndef KONSUL_CORE_API_STREAM_H_
#define KONSUL_CORE_API_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/api/context.h"
#include "core/api/kv.h"
#include "core/env/env.h"
#include "core/fiber/continuation.h"
#include "core/state/change_log.h"
#include "core/state/change_reader.h"

namespace konsul::api {

// What all streams of a server share. Owned by the composition root; outlives them.
class Streams {
 public:
  struct Options {
    size_t streams_max = 10'000;
    // That are being sent a state too large for one piece: each keeps the pages of that moment from
    // being used again.
    size_t states_max = 16;
    size_t prefixes_max = 64;  // of one stream
    size_t piece_bytes = 64 << 10;
    // A stream that has nothing to say for so long says how far it is.
    Duration progress_interval = 10s;
  };

  Streams(const env::Env& env, state::ChangeLog& changes, Options options)
      : env_(env), changes_(changes), options_(options), state_ended_(env.scheduler) {}

  size_t open() const { return open_; }
  const Options& options() const { return options_; }

 private:
  friend class Stream;
  env::Env env_;
  state::ChangeLog& changes_;
  const Options options_;
  size_t open_ = 0;
  size_t states_ = 0;
  fiber::WaitList state_ended_;
};

struct StreamRequest {
  state::Table table = state::Table::kKv;
  std::vector<std::string> prefixes;  // empty: everything
  std::optional<Index> after;  // everything up to there is known; nothing: begin with the state
  bool coalesce = false;
  server::Consistency consistency = server::Consistency::kDefault;  // of the state
};

struct StreamEvent {
  enum class Kind {
    kState,     // `pairs`, as of `index`, by key
    kChange,    // what changed at `index`, by key; coalesced, up to it
    kProgress,  // everything up to `index` was told
    kAlive,     // nothing new, and no news of that either
    kTooLate,   // what came behind `index` is known from `oldest` on only. The last event
  };
  struct Change {
    KvPair pair;  // of a key that was deleted, the key and as `modify_index` when
    bool deleted = false;
  };
  Kind kind = Kind::kAlive;
  Index index;
  Index oldest;
  bool more = false;  // of the same state or index follows; only behind the last one `index` is a
                      // place to go on from
  std::vector<Change> changes;
};

// Used by one fiber at a time.
class Stream {
 public:
  // Suspends until this server's state may be read, if that is how the stream begins or if it is
  // behind `request.after`. ResourceExhausted when there are too many, FailedPrecondition when
  // changes behind `request.after` are no longer known or (unless stale) the cluster has not come
  // that far, InvalidArgument for too many prefixes, and what server::Consensus returns.
  static absl::StatusOr<std::unique_ptr<Stream>> Open(const Context& context,
                                                      StreamRequest request);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The next event; nothing: there is none before Wait's continuation is woken or deadline() has
  // come. May suspend, to let others run. DataLoss when a stored entry is damaged.
  absl::StatusOr<std::optional<StreamEvent>> Next();
  // After nothing, and before the next suspension.
  std::unique_ptr<fiber::Continuation> Wait();
  Instant deadline() const { return alive_at_; }

 private:
  Stream(const Context& context, StreamRequest request);

  // The next piece of the state; nothing: too many others are at it.
  absl::StatusOr<std::optional<StreamEvent>> NextState();
  absl::Status ReadPiece(StreamEvent& event);
  // Leaves `found` for what there is to be told.
  absl::StatusOr<state::ChangeReader::Found> NextChanges(StreamEvent& event);
  // What there is to say when nothing has happened: it is time, or not.
  std::optional<StreamEvent> Quiet();
  StreamEvent ProgressTo(Index index);
  // For kProgressOvertakesChanges.
  bool OvertakesByMutant() const;
  StreamEvent TooLate() const;
  void BeginAt(Index index);
  void EndState();

  Streams& shared_;
  state::TableStore& store_;
  StreamRequest request_;
  std::unique_ptr<state::ChangeReader> reader_;  // null before the first piece of the state
  Index told_;                                   // up to where, with an index to go on from
  Instant alive_at_;

  // While the state is read: the tables of one moment, and where in them the next piece begins.
  std::unique_ptr<state::ReadTxn> tables_;
  bool counted_ = false;  // in Streams::states_
  bool state_over_;
  size_t prefix_ = 0;
  std::string from_;
};

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_STREAM_H_
