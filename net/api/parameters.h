// What the query of a request says, checked. Errors are InvalidArgument and fit to be sent to the
// client.
#ifndef KONSUL_NET_API_PARAMETERS_H_
#define KONSUL_NET_API_PARAMETERS_H_

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"
#include "core/server/consensus.h"
#include "net/http/message.h"

namespace konsul::net_api {

// `?stale`, `?consistent`, neither, but not both.
absl::StatusOr<server::Consistency> ParseConsistency(const http::Request& request);

// How stale an answer may be by `?max_stale`; 0 when that was not said.
absl::StatusOr<Duration> ParseMaxStale(const http::Request& request);

// Decimal digits and nothing else, below 2^64; nothing when the parameter is missing.
absl::StatusOr<std::optional<uint64_t>> ParseNumber(const http::Request& request,
                                                    absl::string_view name);

// At most one of these parameters is there.
absl::Status CheckConflicts(const http::Request& request,
                            std::initializer_list<absl::string_view> names);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_PARAMETERS_H_
