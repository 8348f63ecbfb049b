// What is kept of a run that failed: enough to run it again elsewhere, later, and to see whether it
// is the same. One file, which a person can read. Format: docs/formats/bundle.md.
#ifndef KONSUL_CMD_KONSUL_SIM_BUNDLE_H_
#define KONSUL_CMD_KONSUL_SIM_BUNDLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cmd/konsul-sim/common.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {

struct Bundle {
  uint64_t seed = 0;
  std::string mutant;  // the planted bug, or empty
  std::string build;   // BuildId() of the program that wrote it
  std::string verdict;
  std::string oracle;  // of the first finding
  std::string finding;
  std::string repeat;  // the command
  std::string hash;    // of the run
  uint64_t events = 0;
  std::vector<std::string> checkpoints;
  std::string experiment;  // the text of the file
  std::string schedule;    // likewise, with everything explicit
  std::string trace;       // the last events, as lines of JSON
};

std::string WriteBundle(const Bundle& bundle);
// InvalidArgument with places, for people. The experiment in it has been checked as well.
absl::StatusOr<Bundle> ParseBundle(absl::string_view text, absl::string_view file);
absl::StatusOr<Bundle> LoadBundle(const std::string& path);
// Whether a file says of itself that it is one.
bool IsBundle(absl::string_view text);

// The compiler and a hash of the program's file: two programs with one id run alike.
std::string BuildId();
// "konsul-sim-five-7.bundle.yaml", in the working directory.
std::string BundleName(const std::string& scenario, uint64_t seed);

// Runs once more to see the last events.
Bundle MakeBundle(const Scenario& scenario, uint64_t seed, const std::string& mutant,
                  const std::string& scratch);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_BUNDLE_H_
