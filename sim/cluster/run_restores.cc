// A client that saves and restores works while faults happen, and until all clients stop.
#include "absl/strings/str_cat.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {

void Run::AddRestorer() {
  for (const chaos::Workload& workload : experiment_.workloads) {
    if (workload.restores) restores_.prefix = absl::StrCat(workload.name, "-saved/");
  }
  restores_.clients = &shared_;
  restores_.oracle = &oracles_.restore_safety;
  // A restore takes back what others have written.
  for (const char* name : {"linearizability", "no-lost-acked-writes"}) {
    if (cluster_.restorer() != nullptr) oracles_.findings.Ignore(name);
  }
}

void Run::StartRestorer() {
  if (cluster_.restorer() == nullptr) return;
  RecordCheck("restore-safety");
  cluster_.restorer()->Start([this](env::Env env) { workloads::RunRestorer(env, restores_); });
}

void Run::StopRestorer() {
  if (cluster_.restorer() == nullptr) return;
  cluster_.restorer()->Kill();
  probes_["restore-saved"] = restores_.saved;
  probes_["restore-done"] = restores_.restored;
  probes_["restore-unknown"] = restores_.unknown;
  probes_["restore-refused"] = restores_.refused;
  probes_["restore-reads"] = oracles_.restore_safety.reads();
}

}  // namespace konsul::cluster
