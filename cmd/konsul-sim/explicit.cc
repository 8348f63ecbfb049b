#include "cmd/konsul-sim/explicit.h"

#include "chaos/expand.h"

namespace konsul::simulator {

chaos::Experiment ExplicitExperiment(const chaos::Experiment& experiment,
                                     const cluster::Report& report, bool operations) {
  chaos::Experiment out = chaos::Expand(experiment, report.seed, report.schedule);
  if (!operations) return out;
  for (size_t w = 0; w < out.workloads.size(); ++w) out.workloads[w].steps = report.steps[w];
  if (out.op.interval > Duration::zero()) out.op.turns = report.turns;
  return out;
}

chaos::Experiment WithTunables(const chaos::Experiment& experiment, const cluster::Report& report) {
  chaos::Experiment out = experiment;
  cluster::PinTunables(report.drawn, out);
  return out;
}

}  // namespace konsul::simulator
