// What a run tells its recorder, if it has one. None of it may change the run.
#include "absl/strings/str_cat.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {

sim::Trace::Sink TraceSink(const RunOptions& options) {
  if (options.recorder == nullptr) return options.trace;
  return [&options](const sim::TraceRecord& record) {
    options.recorder->OnTrace(record);
    if (options.trace) options.trace(record);
  };
}

sim::LogRing::Sink LogSink(const RunOptions& options) {
  if (options.recorder == nullptr) return options.log;
  return [&options](const sim::LogLine& line) {
    options.recorder->OnLog(line);
    if (options.log) options.log(line);
  };
}

void Run::BeginRecord() {
  std::vector<std::string> hosts;
  for (const sim::HostId id : world_.host_ids()) hosts.push_back(world_.host(id).name());
  options_.recorder->Begin([this] { return world_.now(); }, cluster_.servers().size(),
                           std::move(hosts));
  RecordPhase("start");
}

void Run::RecordPhase(const char* name) {
  if (options_.recorder != nullptr) options_.recorder->OnPhase(name);
}

void Run::RecordCheck(const char* oracle) {
  if (options_.recorder != nullptr) options_.recorder->OnChecked(oracle);
}

void Run::RecordFindings() {
  if (options_.recorder != nullptr) options_.recorder->OnFindings(oracles_.findings.list());
}

void Run::EndRecord() {
  if (options_.recorder == nullptr) return;
  RecordFindings();
  std::vector<std::string> lanes;
  for (size_t client = 0; client < cluster_.client_hosts(); ++client) {
    for (const chaos::Workload& workload : experiment_.workloads) {
      lanes.push_back(absl::StrCat("c", client + 1, " ", workload.name));
    }
  }
  lanes.emplace_back("final reads");
  for (size_t i = 0; i < oracles_.watches.size(); ++i) {
    lanes.push_back(absl::StrCat("watcher ", i, " ", oracles_.watches.key(i)));
  }
  if (oracles_.watches.size() > 0) lanes.emplace_back("watched changes");
  std::map<std::string, std::string> names;
  for (const auto& server : cluster_.servers()) names[server->http().host] = server->name();
  options_.recorder->Finish(began_, director_.record(), shared_.history, std::move(lanes), names);
  // The processes that are left are killed when all this goes away.
  oracles_.recorder = nullptr;
}

}  // namespace konsul::cluster
