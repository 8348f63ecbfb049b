#include "core/api/blocking.h"

#include <algorithm>
#include <utility>

#include "core/base/mutation.h"
#include "core/base/status.h"

namespace konsul::api {
namespace {

constexpr int64_t kJitterFraction = 16;

Duration Limited(Duration wait) {
  return wait <= Duration::zero() ? Blocking::kDefaultWait : std::min(wait, Blocking::kLongestWait);
}

}  // namespace

BlockingQuery::BlockingQuery(Blocking& blocking, uint64_t index, Duration wait)
    : blocking_(blocking), index_(index), replaced_(blocking.watches_.replaced()) {
  const Duration limited = Limited(wait);
  const auto most = static_cast<uint64_t>(limited.count() / kJitterFraction);
  const Duration jitter(static_cast<int64_t>(blocking.random_.Below(most + 1)));
  deadline_ = blocking.env_.After(limited + jitter);
}

void BlockingQuery::Begin() {
  continuation_.reset();
  watches_.clear();
  if (std::exchange(waits_, false)) --blocking_.waiting_;
}

bool BlockingQuery::Waits(Index found) const {
  return found.value <= index_ && !answer_now_ && blocking_.env_.clock.Now() < deadline_ &&
         blocking_.watches_.replaced() == replaced_;
}

absl::Status BlockingQuery::Watch(const state::WatchSet& set) {
  if (mutation::On(Mutation::kWatchAfterRead)) KONSUL_RETURN_IF_ERROR(blocking_.env_.Sleep(1ms));
  continuation_ = std::make_unique<fiber::Continuation>(blocking_.env_.scheduler);
  blocking_.watches_.Add(set, *continuation_, watches_);
  waits_ = true;
  ++blocking_.waiting_;
  return absl::OkStatus();
}

absl::Status Read(const Context& context, const ReadOptions& options, ReadMeta& meta,
                  absl::FunctionRef<absl::Status(const state::ReadTxn&, state::WatchSet&)> query) {
  BlockingQuery* blocking = options.blocking;
  if (blocking != nullptr) blocking->Begin();
  meta.consistency = options.consistency;
  KONSUL_ASSIGN_OR_RETURN(server::ReadPoint point,
                          context.consensus.ReadBarrier(meta.consistency, context.ReadDeadline()));
  if (meta.consistency == server::Consistency::kStale && options.stale_max > Duration::zero() &&
      point.last_contact > options.stale_max) {
    meta.consistency = server::Consistency::kDefault;
    KONSUL_ASSIGN_OR_RETURN(
        point, context.consensus.ReadBarrier(meta.consistency, context.ReadDeadline()));
  }
  state::WatchSet watches(blocking != nullptr);
  meta.known_leader = point.known_leader;
  meta.last_contact = point.last_contact;
  KONSUL_RETURN_IF_ERROR(query(*context.store.Read(), watches));
  meta.index = std::max(meta.index, Index(1));
  if (blocking == nullptr || !blocking->Waits(meta.index)) return absl::OkStatus();
  KONSUL_RETURN_IF_ERROR(blocking->Watch(watches));
  return absl::AbortedError("the query has to wait");
}

}  // namespace konsul::api
