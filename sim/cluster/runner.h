// One experiment with one seed, from the first start to the verdict. A pure function of the build,
// the seed and the experiment.
//
//   1  the servers start and bootstrap; the fault phase begins with the first leader (in some swarm
//      runs at once)
//   2  the fault phase: clients work, the director's faults come and go
//   3  everything is healed; within the bound the cluster must work again (sim/checkers/liveness.h)
//   4  the clients stop; every server is asked for all keys; the histories are judged
// The first finding of an oracle ends the run.
#ifndef KONSUL_SIM_CLUSTER_RUNNER_H_
#define KONSUL_SIM_CLUSTER_RUNNER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "chaos/injection.h"
#include "core/base/hash.h"
#include "sim/checkers/findings.h"
#include "sim/cluster/tunables.h"
#include "sim/log_ring.h"
#include "sim/report/recorder.h"
#include "sim/trace.h"
#include "sim/workloads/client.h"

namespace konsul::cluster {

// The values are exit codes of konsul-sim.
enum class Verdict {
  kPass = 0,
  kSafety = 1,          // a promise was broken
  kLiveness = 3,        // healed, and still does not work
  kNondeterminism = 4,  // two runs of one seed differed (told by whoever runs twice)
  kCrash = 5,           // a server gave up, or a check failed
};
const char* VerdictName(Verdict verdict);

struct RunOptions {
  uint64_t seed = 1;
  // An empty directory of the caller's, best on a memory file system; its content is of no use
  // afterwards.
  std::string scratch;
  sim::Trace::Sink trace;  // may be null
  sim::LogRing::Sink log;  // may be null
  LogLevel log_level = LogLevel::kWarn;
  // Stops after this event of the trace, without a verdict; 0: never.
  uint64_t until_event = 0;
  // Told whenever the cluster gets into another situation (situation.h); may be null.
  std::function<void(uint64_t situation)> on_situation;
  // Makes a picture of the run; may be null. It sees trace and log as well.
  report::Recorder* recorder = nullptr;
};

struct Report {
  uint64_t seed = 0;
  Verdict verdict = Verdict::kPass;
  std::vector<checkers::Finding> findings;
  Hash128 hash;
  std::vector<Hash128> checkpoints;  // sim::Trace
  uint64_t events = 0;
  Duration simulated{};
  workloads::Counts operations;
  uint64_t committed = 0;  // entries
  // What happened how often, by name; a search adds all of these up to see what never does.
  std::map<std::string, uint64_t> probes;
  std::map<std::string, uint64_t> rare_paths;  // every core/base/probe.h
  std::map<std::string, uint64_t> matrix;      // sim/cluster/fault_matrix.h
  // How often each buggify site fired, also those that never did.
  std::map<std::string, uint64_t> buggify;
  std::vector<chaos::Injection> schedule;
  // What the clients did until the heal, by workload and time, and the operator's turns.
  std::vector<std::vector<chaos::Step>> steps;
  std::vector<chaos::Operator::Turn> turns;
  Tunables drawn;
  std::string tunables;  // the same, for people
  // When it failed or was stopped: what each server knew at the end, and the last lines of their
  // logs.
  std::vector<std::string> states;
  std::vector<std::string> log_tail;
};

// `experiment` must have been validated (chaos::ParseExperiment). A check that fails is a finding,
// "invariant", with the schedule, the states and the trace up to there; the memory of that run is
// lost.
Report RunExperiment(const chaos::Experiment& experiment, const RunOptions& options);

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_RUNNER_H_
