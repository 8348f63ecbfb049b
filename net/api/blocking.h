// Reads over HTTP, and how they wait: ?stale, ?consistent, ?max_stale, ?index, ?wait
// (docs/api/blocking.md).
#ifndef KONSUL_NET_API_BLOCKING_H_
#define KONSUL_NET_API_BLOCKING_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "core/api/context.h"
#include "net/http/message.h"

namespace konsul::net_api {

struct ReadParameters {
  server::Consistency consistency = server::Consistency::kDefault;
  Duration stale_max{};  // api::ReadOptions
  uint64_t index = 0;    // 0: does not wait
  Duration wait{};       // 0: the default
};
// InvalidArgument with the texts that Consul's clients know. Routes that do not read refuse bad
// ones as well.
absl::StatusOr<ReadParameters> ParseRead(const http::Request& request);

// What a route that reads answers: the reply of `read`, which hands its options to the functions of
// core/api; or, while the answer is the one that the client has already, a parked request. `read`
// is called again when there may be more to say.
absl::StatusOr<http::Response> BlockingRead(
    const api::Context& context, const http::Request& request,
    absl::FunctionRef<absl::StatusOr<http::Response>(const api::ReadOptions&)> read);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_BLOCKING_H_
