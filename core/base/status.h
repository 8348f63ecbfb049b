// The one error dialect: absl::Status for what can happen, KONSUL_CHECK (check.h) for what cannot.
//
// Which code means what, across the code base:
//   Cancelled          the fiber was cancelled; return at once, pass it on unchanged
//   DeadlineExceeded   the deadline handed in has passed; the operation may be repeated
//   Unavailable        a peer, a leader or a connection is missing now; try again or elsewhere
//   DataLoss           bytes that were durable are damaged; never repaired silently
//   ResourceExhausted  a disk, a queue or a limit is full
//   InvalidArgument    the caller's or a foreign peer's bytes make no sense
//   FailedPrecondition the request is well formed but not possible in this state
#ifndef KONSUL_CORE_BASE_STATUS_H_
#define KONSUL_CORE_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul {

// `status` with "context: " before its message; an OK status stays as it is.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace konsul

// Returns from the enclosing function when `expr` is an error.
#define KONSUL_RETURN_IF_ERROR(expr)                          \
  do {                                                        \
    if (auto konsul_status_ = (expr); !konsul_status_.ok()) { \
      return konsul_status_;                                  \
    }                                                         \
  } while (false)

#define KONSUL_CONCAT_INNER_(a, b) a##b
#define KONSUL_CONCAT_(a, b) KONSUL_CONCAT_INNER_(a, b)

// KONSUL_ASSIGN_OR_RETURN(auto x, MakeX()): x is the value, or the error is returned.
#define KONSUL_ASSIGN_OR_RETURN(lhs, expr) \
  KONSUL_ASSIGN_OR_RETURN_IMPL_(KONSUL_CONCAT_(konsul_or_, __LINE__), lhs, expr)
#define KONSUL_ASSIGN_OR_RETURN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                                  \
  if (!tmp.ok()) return std::move(tmp).status();      \
  lhs = std::move(tmp).value()

#endif  // KONSUL_CORE_BASE_STATUS_H_
