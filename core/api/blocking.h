// Reads that wait until their answer changes: blocking queries
// (https://developer.hashicorp.com/consul/api-docs/features/blocking).
//
// All reads go through Read(). One that is asked with a BlockingQuery whose index has not been
// passed gives, in place of an answer, a continuation that the next change to what it has looked at
// wakes; whoever has it runs the same read again then. Nothing is lost in between: reading and
// watching are one step. A query never holds a fiber while it waits.
#ifndef KONSUL_CORE_API_BLOCKING_H_
#define KONSUL_CORE_API_BLOCKING_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "core/api/context.h"
#include "core/env/env.h"
#include "core/fiber/continuation.h"
#include "core/state/watch_index.h"

namespace konsul::api {

// What all blocking queries of a server share. Owned by the composition root.
class Blocking {
 public:
  static constexpr Duration kDefaultWait = 5min;
  static constexpr Duration kLongestWait = 10min;

  Blocking(const env::Env& env, state::WatchIndex& watches)
      : env_(env), random_(env.random.Fork("blocking-queries")), watches_(watches) {}

  // Queries that wait at this moment.
  size_t waiting() const { return waiting_; }

 private:
  friend class BlockingQuery;
  env::Env env_;
  env::Random random_;
  state::WatchIndex& watches_;
  size_t waiting_ = 0;
};

// One request that waits, over all its evaluations. Used by one fiber at a time.
class BlockingQuery {
 public:
  // Waits for an index beyond `index`, which is at least 1, for `wait` (0 or less: the default; cut
  // at the longest), and a little longer by chance, so that clients that came together do not come
  // back together.
  BlockingQuery(Blocking& blocking, uint64_t index, Duration wait);
  ~BlockingQuery() { Begin(); }
  BlockingQuery(const BlockingQuery&) = delete;
  BlockingQuery& operator=(const BlockingQuery&) = delete;

  // When it is answered with what there is.
  Instant deadline() const { return deadline_; }
  // The next evaluation answers, whatever it finds.
  void AnswerNow() { answer_now_ = true; }
  // After Read: null when that was the answer. Otherwise what wakes when the read is worth another
  // try; the deadline has to be kept by the caller.
  std::unique_ptr<fiber::Continuation> TakeContinuation() { return std::move(continuation_); }

 private:
  friend absl::Status Read(
      const Context& context, const ReadOptions& options, ReadMeta& meta,
      absl::FunctionRef<absl::Status(const state::ReadTxn&, state::WatchSet&)> query);

  // Nothing is watched any more.
  void Begin();
  bool Waits(Index found) const;
  // Does not suspend, or a change could be missed.
  absl::Status Watch(const state::WatchSet& set);

  Blocking& blocking_;
  const uint64_t index_;
  Instant deadline_;
  const uint64_t replaced_;  // of the watch index, when the query was asked
  bool answer_now_ = false;
  bool waits_ = false;  // counted in blocking_.waiting_
  std::vector<state::WatchIndex::Watch> watches_;
  std::unique_ptr<fiber::Continuation> continuation_;
};

// Suspends until this server's tables may answer, then runs `query` on one moment of them, without
// suspending. `query` keeps what it finds, names what the answer depends on in the watch set, and
// sets `meta.index`; the rest of `meta` is filled here, and an index of 0 made 1.
//
// Aborted when options.blocking has to wait: what `query` has kept is no answer.
absl::Status Read(const Context& context, const ReadOptions& options, ReadMeta& meta,
                  absl::FunctionRef<absl::Status(const state::ReadTxn&, state::WatchSet&)> query);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_BLOCKING_H_
