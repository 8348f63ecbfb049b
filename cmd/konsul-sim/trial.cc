#include "cmd/konsul-sim/trial.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chaos/write.h"
#include "cmd/konsul-sim/common.h"
#include "core/base/check.h"
#include "sim/cluster/runner.h"

namespace konsul::simulator {
namespace {

// From process to process: "3 17 linearizability".
std::string Say(const cluster::Report& report) {
  using Kind = chaos::Injection::Kind;
  const auto faults =
      std::count_if(report.schedule.begin(), report.schedule.end(), [](const auto& done) {
        return done.kind != Kind::kSkipped && done.kind != Kind::kOperator &&
               done.kind != Kind::kRestart && done.kind != Kind::kEnd;
      });
  size_t operations = 0;
  for (const auto& steps : report.steps) operations += steps.size();
  return absl::StrCat(faults, " ", operations, " ",
                      report.findings.empty() ? "" : report.findings[0].oracle);
}

Outcome Understand(const std::string& text) {
  Outcome out;
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  // A process that died said nothing.
  if (words.size() != 3 || !absl::SimpleAtoi(words[0], &out.faults) ||
      !absl::SimpleAtoi(words[1], &out.operations)) {
    return {};
  }
  out.oracle = words[2];
  return out;
}

}  // namespace

void Trials::Child(const chaos::Experiment& experiment, int pipe) const {
  if (!ActivateMutant(mutant_).ok()) _exit(kExitUsage);
  {
    Scratch scratch(scratch_);
    cluster::RunOptions options;
    options.seed = experiment.seed.value_or(1);
    options.scratch = scratch.Fresh();
    const cluster::Report report = cluster::RunExperiment(experiment, options);
    const std::string text = Say(report);
    (void)!write(pipe, text.data(), text.size());
  }
  _exit(0);
}

Trials::Running Trials::Start(const chaos::Experiment& experiment, size_t candidate, Hash128 key) {
  std::fflush(nullptr);
  int ends[2];
  KONSUL_CHECK(pipe(ends) == 0, "no pipe");
  const pid_t pid = fork();
  KONSUL_CHECK(pid >= 0, "no process");
  if (pid == 0) {
    close(ends[0]);
    Child(experiment, ends[1]);
  }
  close(ends[1]);
  return {.candidate = candidate, .key = key, .pid = pid, .pipe = ends[0], .said = ""};
}

bool Trials::ReadSome(Running& running) {
  char bytes[256];
  const ssize_t n = read(running.pipe, bytes, sizeof(bytes));
  if (n > 0) running.said.append(bytes, static_cast<size_t>(n));
  return n == 0 || (n < 0 && errno != EINTR);
}

void Trials::Wait(const std::vector<Running>& running, std::vector<size_t>& ready) {
  std::vector<pollfd> pipes;
  for (const Running& each : running) pipes.push_back({each.pipe, POLLIN, 0});
  ready.clear();
  if (poll(pipes.data(), pipes.size(), -1) <= 0) return;
  for (size_t i = 0; i < pipes.size(); ++i) {
    if (pipes[i].revents != 0) ready.push_back(i);
  }
}

const Outcome& Trials::Finish(const Running& running) {
  close(running.pipe);
  waitpid(running.pid, nullptr, 0);
  ++done_;
  if (after) after();
  return known_[running.key] = Understand(running.said);
}

void Trials::Kill(const Running& running) {
  kill(running.pid, SIGKILL);
  close(running.pipe);
  waitpid(running.pid, nullptr, 0);
  std::error_code error;
  std::filesystem::remove_all(absl::StrCat(scratch_, "/", running.pid), error);
}

size_t Trials::RunUntil(const std::vector<Candidate>& candidates, std::vector<Outcome>& outcomes,
                        const std::function<bool(const Outcome&)>& enough) {
  outcomes.assign(candidates.size(), {});
  std::vector<Running> running;
  std::vector<size_t> ready;
  size_t first = candidates.size();  // as far as is known
  const auto learn = [&](size_t candidate, const Outcome& outcome) {
    outcomes[candidate] = outcome;
    if (enough(outcome)) first = std::min(first, candidate);
  };
  size_t next = 0;
  while (true) {
    for (; next < first && running.size() < jobs_ && !out_of_time(); ++next) {
      const chaos::Experiment experiment = candidates[next]();
      RollingHash text;
      text.Add(chaos::WriteExperiment(experiment));
      const auto it = known_.find(text.value());
      if (it != known_.end()) {
        learn(next, it->second);
      } else {
        running.push_back(Start(experiment, next, text.value()));
      }
    }
    if (running.empty()) return first;
    Wait(running, ready);
    std::reverse(ready.begin(), ready.end());
    for (const size_t i : ready) {
      if (!ReadSome(running[i])) continue;
      learn(running[i].candidate, Finish(running[i]));
      running.erase(running.begin() + static_cast<ptrdiff_t>(i));
    }
    // Whatever comes behind the first one is not asked for.
    std::erase_if(running, [&](const Running& each) {
      const bool late = each.candidate > first;
      if (late) Kill(each);
      return late;
    });
  }
}

std::optional<size_t> Trials::First(const std::vector<Candidate>& candidates,
                                    const std::string& oracle) {
  std::vector<Outcome> outcomes;
  const size_t first = RunUntil(candidates, outcomes,
                                [&](const Outcome& outcome) { return outcome.oracle == oracle; });
  const bool none = first == candidates.size();
  asked_ += none ? first : first + 1;
  if (none) return std::nullopt;
  return first;
}

std::vector<Outcome> Trials::All(const std::vector<Candidate>& candidates) {
  std::vector<Outcome> outcomes;
  RunUntil(candidates, outcomes, [](const Outcome&) { return false; });
  return outcomes;
}

}  // namespace konsul::simulator
