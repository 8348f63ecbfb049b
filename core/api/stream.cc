#include "core/api/stream.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/mutation.h"
#include "core/base/status.h"
#include "core/state/kv_reader.h"

namespace konsul::api {
namespace {

using Found = state::ChangeReader::Found;
using Kind = StreamEvent::Kind;

}  // namespace

absl::StatusOr<std::unique_ptr<Stream>> Stream::Open(const Context& context,
                                                     StreamRequest request) {
  KONSUL_CHECK(context.streams != nullptr, "a server without streams");
  Streams& shared = *context.streams;
  if (request.prefixes.size() > shared.options_.prefixes_max) {
    return absl::InvalidArgumentError(absl::StrCat("Too many prefixes (", request.prefixes.size(),
                                                   " > ", shared.options_.prefixes_max, ")"));
  }
  if (shared.open_ >= shared.options_.streams_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("Too many streams (", shared.options_.streams_max, ") on this server"));
  }
  auto stream = absl::WrapUnique(new Stream(context, std::move(request)));
  const bool ahead = stream->told_ > shared.changes_.end();
  if (stream->reader_ == nullptr || ahead) {
    KONSUL_ASSIGN_OR_RETURN(
        const server::ReadPoint point,
        context.consensus.ReadBarrier(stream->request_.consistency, context.ReadDeadline()));
    // Who has seen an index that the whole cluster has not reached has seen another history of it.
    const bool whole_cluster = stream->request_.consistency != server::Consistency::kStale;
    if (ahead && whole_cluster && stream->told_ > point.applied) {
      return absl::FailedPreconditionError(
          absl::StrCat("Index ", stream->told_.value, " is ahead of this cluster, which is at ",
                       point.applied.value, ". Start anew, without an index."));
    }
  }
  if (stream->reader_ != nullptr && stream->reader_->TooLate()) {
    return absl::FailedPreconditionError(
        absl::StrCat("The changes after index ", stream->told_.value,
                     " are no longer known: this server can resume from index ",
                     shared.changes_.floor().value, ". Start anew, without an index."));
  }
  return stream;
}

Stream::Stream(const Context& context, StreamRequest request)
    : shared_(*context.streams),
      store_(context.store),
      request_(std::move(request)),
      alive_at_(shared_.env_.After(shared_.options_.progress_interval)),
      state_over_(request_.after.has_value()) {
  ++shared_.open_;
  request_.prefixes = state::DistinctPrefixes(std::move(request_.prefixes));
  if (request_.after) BeginAt(*request_.after);
}

Stream::~Stream() {
  EndState();
  --shared_.open_;
}

void Stream::BeginAt(Index index) {
  told_ = index;
  reader_ = std::make_unique<state::ChangeReader>(shared_.changes_, request_.table,
                                                  request_.prefixes, index);
}

void Stream::EndState() {
  tables_.reset();
  if (!std::exchange(counted_, false)) return;
  --shared_.states_;
  shared_.state_ended_.WakeOne();
}

absl::StatusOr<std::optional<StreamEvent>> Stream::Next() {
  if (reader_ != nullptr) reader_->StopWaiting();
  std::optional<StreamEvent> event;
  if (!state_over_) {
    KONSUL_ASSIGN_OR_RETURN(event, NextState());
  } else {
    if (OvertakesByMutant()) return ProgressTo(shared_.changes_.end());
    StreamEvent changes;
    KONSUL_ASSIGN_OR_RETURN(const Found found, NextChanges(changes));
    if (found == Found::kChanges) event = std::move(changes);
    if (found == Found::kTooLate) event = TooLate();
    if (found == Found::kNothing) event = Quiet();
  }
  if (event) alive_at_ = shared_.env_.After(shared_.options_.progress_interval);
  return event;
}

absl::StatusOr<std::optional<StreamEvent>> Stream::NextState() {
  if (tables_ == nullptr) {
    tables_ = store_.Freeze();
    // No command is at index 1, so nobody misses anything; and 0 says in a request that there is
    // none.
    BeginAt(std::max(shared_.changes_.end(), Index(1)));
    from_ = request_.prefixes.front();
  }
  if (reader_->TooLate()) {
    EndState();
    return TooLate();
  }
  StreamEvent event;
  event.kind = Kind::kState;
  event.index = told_;
  KONSUL_RETURN_IF_ERROR(ReadPiece(event));
  event.more = prefix_ < request_.prefixes.size();
  if (!event.more) {
    EndState();
    state_over_ = true;
  } else if (!counted_) {
    if (shared_.states_ >= shared_.options_.states_max) {
      tables_.reset();
      prefix_ = 0;
      return Quiet();
    }
    ++shared_.states_;
    counted_ = true;
  }
  return event;
}

absl::Status Stream::ReadPiece(StreamEvent& event) {
  size_t bytes = 0;
  const auto take = [&](absl::string_view key, const wire::KvEntry& entry) {
    if (bytes > 0 && bytes >= shared_.options_.piece_bytes) return false;
    bytes += key.size() + entry.value.size();
    event.changes.push_back({Own(key, entry), false});
    return true;
  };
  while (prefix_ < request_.prefixes.size()) {
    KONSUL_ASSIGN_OR_RETURN(auto next,
                            state::ScanKv(*tables_, request_.prefixes[prefix_], from_, take));
    if (next) {
      from_ = *std::move(next);
      return absl::OkStatus();
    }
    if (++prefix_ < request_.prefixes.size()) from_ = request_.prefixes[prefix_];
  }
  return absl::OkStatus();
}

absl::StatusOr<Found> Stream::NextChanges(StreamEvent& event) {
  event.kind = Kind::kChange;
  state::ChangeReader::Batch batch;
  const size_t most = shared_.options_.piece_bytes;
  const auto next = [&] {
    return request_.coalesce ? reader_->NextCoalesced(most, batch) : reader_->Next(most, batch);
  };
  Found found = next();
  while (found == Found::kLookOn) {
    KONSUL_RETURN_IF_ERROR(shared_.env_.scheduler.Yield());
    found = next();
  }
  if (found != Found::kChanges) return found;
  event.index = batch.index;
  event.more = batch.more;
  for (const auto& [index, change] : batch.changes) {
    if (change->row) {
      KONSUL_ASSIGN_OR_RETURN(const wire::KvEntry entry, wire::DecodeKvEntry(*change->row));
      event.changes.push_back({Own(change->key, entry), false});
    } else {
      KvPair pair;
      pair.key = change->key;
      pair.modify_index = index.value;
      event.changes.push_back({std::move(pair), true});
    }
  }
  if (!event.more) told_ = event.index;
  return found;
}

std::optional<StreamEvent> Stream::Quiet() {
  if (shared_.env_.clock.Now() < alive_at_) return std::nullopt;
  if (state_over_ && reader_->position() > told_) return ProgressTo(reader_->position());
  return StreamEvent();
}

StreamEvent Stream::ProgressTo(Index index) {
  StreamEvent event;
  event.kind = Kind::kProgress;
  event.index = told_ = index;
  return event;
}

bool Stream::OvertakesByMutant() const {
  return mutation::On(Mutation::kProgressOvertakesChanges) && !reader_->TooLate() &&
         told_ < shared_.changes_.end() && reader_->position() + 2 <= shared_.changes_.end();
}

StreamEvent Stream::TooLate() const {
  StreamEvent event;
  event.kind = Kind::kTooLate;
  event.index = told_;
  event.oldest = shared_.changes_.floor();
  return event;
}

std::unique_ptr<fiber::Continuation> Stream::Wait() {
  auto continuation = std::make_unique<fiber::Continuation>(shared_.env_.scheduler);
  if (state_over_) {
    reader_->Wait(*continuation);
  } else {
    continuation->WaitIn(shared_.state_ended_);
  }
  return continuation;
}

}  // namespace konsul::api
