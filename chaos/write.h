// An experiment as a file that chaos::ParseExperiment reads back as the same experiment. Pure.
// Format: docs/formats/experiment.md.
#ifndef KONSUL_CHAOS_WRITE_H_
#define KONSUL_CHAOS_WRITE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "chaos/experiment.h"

namespace konsul::chaos {

// `comment` goes to the top, each of its lines behind a "# ".
std::string WriteExperiment(const Experiment& experiment, absl::string_view comment = "");

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_WRITE_H_
