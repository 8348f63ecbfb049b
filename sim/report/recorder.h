// Watches a run and makes a Recording of it. It is told what happens and changes nothing: a run has
// the same trace hash with and without it.
//
// Owned by whoever asked for the run, outlives it. Called from fibers of the servers and from the
// runner, all on the simulator's thread.
#ifndef KONSUL_SIM_REPORT_RECORDER_H_
#define KONSUL_SIM_REPORT_RECORDER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "chaos/injection.h"
#include "core/raft/ready.h"
#include "sim/checkers/findings.h"
#include "sim/checkers/history.h"
#include "sim/log_ring.h"
#include "sim/report/call_log.h"
#include "sim/report/message_log.h"
#include "sim/report/recording.h"
#include "sim/trace.h"

namespace konsul::report {

class Recorder {
 public:
  // `hosts`: the names of all simulated hosts, in the order of their numbers; the servers come
  // first. Every server is down.
  void Begin(std::function<sim::Time()> now, size_t servers, std::vector<std::string> hosts);

  // A server's process, and its consensus (server::Observer). `server` counts from 0.
  void OnUp(size_t server) { SetState(server, State::kStarting, 0); }
  void OnDown(size_t server);
  void OnStart(size_t server, const raft::Status& status);
  void OnStep(const raft::Message& message) { messages_.OnReceived(Now(), message); }
  void OnReady(size_t server, const raft::Status& status, const raft::Ready& ready);
  void OnPersisted(size_t server, const raft::Status& status);
  void OnApplied(size_t server, Index applied);
  uint64_t OnCall(CallRecord::Kind kind, NodeId from, NodeId to) {
    return calls_.OnCall(Now(), kind, from, to);
  }
  uint64_t OnPiece(NodeId from, NodeId to, Index snapshot, uint64_t bytes, bool first) {
    return calls_.OnPiece(Now(), from, to, snapshot.value, bytes, first);
  }
  void OnAnswer(uint64_t call, absl::string_view error, uint64_t have) {
    calls_.OnAnswer(Now(), call, error, have);
  }

  void OnTrace(const sim::TraceRecord& record);
  void OnLog(const sim::LogLine& line);

  // An oracle looked, and may have found something: `findings` is the whole list.
  void OnChecked(absl::string_view oracle) { ++recording_.checks[std::string(oracle)][Slice()]; }
  void OnFindings(const std::vector<checkers::Finding>& findings);
  void OnPhase(absl::string_view name) { recording_.phases.push_back({Now(), std::string(name)}); }

  // When the run is over. The schedule's times count from `faults_began`; `lanes` has the name of
  // each client number, `names` the name of the server at each address.
  void Finish(sim::Time faults_began, const std::vector<chaos::Injection>& schedule,
              const checkers::History& history, std::vector<std::string> lanes,
              const std::map<std::string, std::string>& names);
  // Complete after Finish.
  const Recording& recording() const { return recording_; }

 private:
  int64_t Now() const { return now_().ns; }
  int64_t Slice() const { return Now() / kCheckSlice; }
  void SetState(size_t server, State state, uint64_t term);
  void SetProgress(size_t server, const raft::Status& status);
  void SetApplied(size_t server, Index applied);
  std::string HostName(sim::HostId host) const;

  std::function<sim::Time()> now_;
  std::vector<std::string> hosts_;
  std::map<NodeId, size_t> server_of_;
  MessageLog messages_;
  CallLog calls_;
  Recording recording_;
};

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_RECORDER_H_
