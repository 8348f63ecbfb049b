#include "net/api/blocking.h"

#include <memory>
#include <optional>
#include <utility>

#include "core/api/blocking.h"
#include "core/base/status.h"
#include "net/api/parameters.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

// A query that waits, with its connection.
struct ParkedRead : http::Parked {
  ParkedRead(api::Blocking& blocking, uint64_t index, Duration wait)
      : query(blocking, index, wait) {
    deadline = query.deadline();
  }
  api::BlockingQuery query;
};

}  // namespace

absl::StatusOr<ReadParameters> ParseRead(const http::Request& request) {
  ReadParameters out;
  KONSUL_ASSIGN_OR_RETURN(out.consistency, ParseConsistency(request));
  KONSUL_ASSIGN_OR_RETURN(out.stale_max, ParseMaxStale(request));
  if (out.stale_max > Duration::zero()) out.consistency = server::Consistency::kStale;
  if (const auto wait = request.Query("wait"); wait && !wait->empty()) {
    const std::optional<Duration> parsed = ParseDuration(*wait);
    if (!parsed) return absl::InvalidArgumentError("Invalid wait time");
    out.wait = *parsed;
  }
  if (const auto index = request.Query("index"); index && !index->empty()) {
    const auto parsed = ParseNumber(request, "index");
    if (!parsed.ok()) return absl::InvalidArgumentError("Invalid index");
    out.index = parsed->value_or(0);
  }
  return out;
}

absl::StatusOr<http::Response> BlockingRead(
    const api::Context& context, const http::Request& request,
    absl::FunctionRef<absl::StatusOr<http::Response>(const api::ReadOptions&)> read) {
  KONSUL_ASSIGN_OR_RETURN(const ReadParameters parameters, ParseRead(request));
  api::ReadOptions options{.consistency = parameters.consistency,
                           .stale_max = parameters.stale_max};
  if (parameters.index == 0 || context.blocking == nullptr) return read(options);
  auto parked = std::static_pointer_cast<ParkedRead>(request.parked);
  if (parked == nullptr) {
    parked = std::make_shared<ParkedRead>(*context.blocking, parameters.index, parameters.wait);
  }
  if (parked->answer_now) parked->query.AnswerNow();
  options.blocking = &parked->query;
  absl::StatusOr<http::Response> response = read(options);
  parked->wakes = parked->query.TakeContinuation();
  if (parked->wakes == nullptr) return response;
  http::Response waits;
  waits.parked = std::move(parked);
  return waits;
}

}  // namespace konsul::net_api
