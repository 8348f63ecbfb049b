// Which part of a search this process does, when many machines share one; manifests are in
// docs/features/simulation.md. Machine I of N does every N-th run from the I-th on, so that all of
// them together do exactly what one would, in whatever order they come.
#ifndef KONSUL_CMD_KONSUL_SIM_SHARE_H_
#define KONSUL_CMD_KONSUL_SIM_SHARE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "cmd/flags/flags.h"

namespace konsul::simulator {

struct Share {
  uint64_t index = 0;  // below count
  uint64_t count = 1;
};

// As getenv: null when there is none.
using Environment = std::function<const char*(const char* name)>;

// What was said first, of: the flags --index and --count; KONSUL_SEARCH_INDEX and
// KONSUL_SEARCH_COUNT; the index of a Kubernetes indexed job (JOB_COMPLETION_INDEX), with
// KONSUL_SEARCH_COUNT, since Kubernetes does not tell it; a Slurm job array
// (SLURM_ARRAY_TASK_ID, _MIN, _STEP, _COUNT). Everything when nobody said anything.
// InvalidArgument when an index is there without a count, or not below it.
absl::StatusOr<Share> ShareOf(const flags::Parsed& parsed, const Environment& environment);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_SHARE_H_
