// From the text of an experiment file to an Experiment, or to a list of everything that is wrong.
#ifndef KONSUL_CHAOS_PARSE_H_
#define KONSUL_CHAOS_PARSE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chaos/experiment.h"

namespace konsul::chaos {

// InvalidArgument with one line "FILE:LINE:COLUMN: what" per problem. `file` is for messages.
absl::StatusOr<Experiment> ParseExperiment(absl::string_view text, absl::string_view file);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_PARSE_H_
