#include "cmd/konsul-sim/trial.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cmd/konsul-sim/common.h"
#include "core/base/check.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
void Trials::Child(const Candidate& candidate, int pipe) const {
  if (!ActivateMutant(mutant_).ok()) _exit(kExitUsage);
  {
    Scratch scratch(scratch_);
    const chaos::Experiment experiment = candidate();
    cluster::RunOptions options;
    options.seed = experiment.seed.value_or(1);
    options.scratch = scratch.Fresh();
    const cluster::Report report = cluster::RunExperiment(experiment, options);
    const std::string oracle = report.findings.empty() ? "" : report.findings[0].oracle;
    (void)!write(pipe, oracle.data(), oracle.size());
  }
  _exit(0);
}

std::vector<std::string> Trials::RunAll(const std::vector<Candidate>& candidates, size_t from,
                                        size_t to) {
  struct Running {
    pid_t pid = -1;
    int pipe = -1;
  };
  std::vector<Running> running;
  std::fflush(nullptr);
  for (size_t i = from; i < to; ++i) {
    int ends[2];
    KONSUL_CHECK(pipe(ends) == 0, "no pipe");
    const pid_t pid = fork();
    KONSUL_CHECK(pid >= 0, "no process");
    if (pid == 0) {
      close(ends[0]);
      Child(candidates[i], ends[1]);
    }
    close(ends[1]);
    running.push_back({pid, ends[0]});
  }
  std::vector<std::string> oracles;
  for (const Running& each : running) {
    std::string text;
    char bytes[256];
    for (ssize_t n; (n = read(each.pipe, bytes, sizeof(bytes))) > 0;) {
      text.append(bytes, static_cast<size_t>(n));
    }
    close(each.pipe);
    waitpid(each.pid, nullptr, 0);
    oracles.push_back(std::move(text));
    ++done_;
    if (after) after();
  }
  return oracles;
}

std::optional<size_t> Trials::First(const std::vector<Candidate>& candidates,
                                    const std::string& oracle) {
  for (size_t from = 0; from < candidates.size() && !out_of_time(); from += jobs_) {
    const size_t to = std::min<size_t>(candidates.size(), from + jobs_);
    const std::vector<std::string> oracles = RunAll(candidates, from, to);
    const auto it = std::find(oracles.begin(), oracles.end(), oracle);
    if (it != oracles.end()) return from + static_cast<size_t>(it - oracles.begin());
  }
  return std::nullopt;
}

}  // namespace konsul::simulator
