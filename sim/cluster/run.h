// Internal to the runner: the state of one run.
#ifndef KONSUL_SIM_CLUSTER_RUN_H_
#define KONSUL_SIM_CLUSTER_RUN_H_

#include <memory>
#include <string>
#include <vector>

#include "chaos/director.h"
#include "core/base/probe.h"
#include "sim/checkers/acked_writes.h"
#include "sim/checkers/availability.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/fault_matrix.h"
#include "sim/cluster/injector.h"
#include "sim/cluster/machine_room.h"
#include "sim/cluster/runner.h"
#include "sim/cluster/tunables.h"
#include "sim/workloads/lock_shared.h"
#include "sim/workloads/restorer.h"
#include "sim/workloads/streamer.h"
#include "sim/workloads/watcher.h"
#include "sim/world.h"

namespace konsul::cluster {

// The options' sinks, and the recorder beside them.
sim::Trace::Sink TraceSink(const RunOptions& options);
sim::LogRing::Sink LogSink(const RunOptions& options);

class Run {
 public:
  Run(const chaos::Experiment& experiment, const RunOptions& options);
  // The operator's fiber notes what it does in the director, until its very end.
  // Watchers and lockers write down what they are told likewise.
  ~Run() {
    cluster_.operator_host().Kill();
    if (cluster_.watchers() != nullptr) cluster_.watchers()->Kill();
    if (cluster_.streamers() != nullptr) cluster_.streamers()->Kill();
    if (cluster_.restorer() != nullptr) cluster_.restorer()->Kill();
    if (cluster_.lockers() != nullptr) cluster_.lockers()->Kill();
  }
  Report Execute();
  // In place of what Execute would have said, when a check failed in it and it will not go on.
  Report ReportOfFailedCheck(const std::string& text);

 private:
  void Boot();
  void FaultPhase();
  void Heal();
  bool HealCore();
  // Those who watch (run_watch.cc).
  void AddWatchers();
  void StartWatchers();
  void CheckWatchers();
  // Those who stream (run_streams.cc).
  void AddStreamers();
  void StartStreamers();
  void CheckStreamers();
  // Who restores (run_restores.cc).
  void AddRestorer();
  void StartRestorer();
  void StopRestorer();
  // Those who lock (run_locks.cc).
  void AddLockers();
  void StartLockers();
  void CheckLockers();
  absl::StatusOr<bool> SessionsEnd(const env::Env& env);
  // What the experiment does not ask for, or what its damage explains.
  void IgnoreOracles();
  void FinalReads();
  void RebuildStates();
  // A share of the runs waits for its servers to be idle, and looks at what they still need.
  void CheckResources();
  void Judge();
  Report MakeReport();
  std::vector<std::vector<chaos::Step>> StepsDone() const;

  // After fibers of a host ran.
  void AfterStep();
  void TellSituation();
  void NoteExits();
  // What is recorded for a picture (run_record.cc); nothing when nobody wants one.
  void BeginRecord();
  void RecordPhase(const char* name);
  void RecordCheck(const char* oracle);
  void RecordFindings();
  void EndRecord();
  // Sees to it that the director is asked when its next fault is due.
  void ArmDirector();
  void Direct();
  void TellDirector(const char* event, size_t times);
  void StartOperator();
  // What is broken now, for the availability oracle.
  checkers::Damage DamageNow();
  void WatchAvailability();
  // Until nothing is missing or the bound has passed; a liveness finding then.
  bool AwaitWorking(const std::string& when);
  // Something was found, or the caller wants to see no more.
  bool failed() const { return !oracles_.findings.empty() || world_.AtLastEvent(); }
  std::string Missing();
  Duration Elapsed() const { return Duration(world_.now().ns); }
  void Fail(const std::string& oracle, const std::string& text);

  const chaos::Experiment& experiment_;
  const RunOptions& options_;
  Oracles oracles_;
  workloads::Shared shared_;
  sim::World world_;
  Tunables tunables_;
  Cluster cluster_;
  Injector injector_;
  chaos::Director director_;
  checkers::Availability availability_;
  workloads::WatchShared watch_;
  workloads::StreamShared streams_;
  workloads::RestoreShared restores_;
  workloads::LockShared locks_;
  uint32_t lockers_ = 0;
  workloads::OperatorSpec operator_spec_;
  workloads::OperatorState operator_state_;
  ClusterRoom room_;
  bool directing_ = false;
  sim::Time began_;                       // of the fault phase
  Duration armed_for_ = Duration::max();  // since then; Duration::max() when not armed
  Duration healed_at_{};
  bool core_only_ = false;  // only a majority of the servers is meant to work
  bool final_reads_done_ = false;
  std::vector<checkers::FinalRead> final_reads_;
  std::map<std::string, uint64_t> probes_;
  FaultMatrix matrix_;
  probe::Counts rare_paths_;
  uint64_t situation_ = 0;
};

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_RUN_H_
