// The regular expressions by which an event says for whom it is: those of Go's regexp package
// (https://github.com/google/re2/wiki/Syntax), which are what Consul takes.
#ifndef KONSUL_CORE_API_FILTER_PATTERN_H_
#define KONSUL_CORE_API_FILTER_PATTERN_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace konsul::api {

// FailedPrecondition, with Go's text, when it is no regular expression. Nothing is matched here:
// whoever reads the events does that. Some that Go refuses are taken: names of classes of Unicode
// that do not exist, and repetitions of repetitions without a limit.
absl::Status ValidateFilterPattern(absl::string_view pattern);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_FILTER_PATTERN_H_
