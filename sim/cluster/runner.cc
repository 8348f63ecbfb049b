#include "sim/cluster/runner.h"

#include "sim/cluster/run.h"

namespace konsul::cluster {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kSafety:
      return "safety";
    case Verdict::kLiveness:
      return "liveness";
    case Verdict::kNondeterminism:
      return "nondeterminism";
    case Verdict::kCrash:
      return "crash";
  }
  return "?";
}

Report RunExperiment(const chaos::Experiment& experiment, const RunOptions& options) {
  Run run(experiment, options);
  return run.Execute();
}

}  // namespace konsul::cluster
