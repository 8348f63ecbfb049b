// Runs experiments in processes of their own, several at once, and says which oracle fires first.
// What an experiment did it does again, so none runs twice.
#ifndef KONSUL_CMD_KONSUL_SIM_TRIAL_H_
#define KONSUL_CMD_KONSUL_SIM_TRIAL_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "core/base/hash.h"

namespace konsul::simulator {

// What runs once more, with a change.
using Candidate = std::function<chaos::Experiment()>;

// What came of it.
struct Outcome {
  std::string oracle;     // the first to fire; empty: none
  size_t faults = 0;      // that were begun
  size_t operations = 0;  // of clients, until the heal
};

class Trials {
 public:
  // `scratch` is the caller's, who removes it. The planted bug must be one of this build, or empty.
  Trials(std::string mutant, std::string scratch, uint64_t jobs)
      : mutant_(std::move(mutant)), scratch_(std::move(scratch)), jobs_(jobs) {}

  // The first candidate with which `oracle` is the first to fire, or nothing: the same one however
  // many processes there are. Runs end with their first finding. The experiments have seeds.
  std::optional<size_t> First(const std::vector<Candidate>& candidates, const std::string& oracle);

  // All of them, in their order; as if nothing fired where the time was up.
  std::vector<Outcome> All(const std::vector<Candidate>& candidates);

  // How many candidates First looked at, whatever the number of processes.
  uint64_t asked() const { return asked_; }
  uint64_t done() const { return done_; }
  // From then on nothing is tried any more, and nothing fires.
  void SetDeadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  bool out_of_time() const {
    return deadline_.has_value() && std::chrono::steady_clock::now() >= *deadline_;
  }
  // After each; for a progress line.
  std::function<void()> after;

 private:
  // One that runs, in a process that writes into the pipe.
  struct Running {
    size_t candidate = 0;
    Hash128 key;
    pid_t pid = -1;
    int pipe = -1;
    std::string said;
  };
  // Runs them, as far as needed to say which is the first that `enough` holds for.
  size_t RunUntil(const std::vector<Candidate>& candidates, std::vector<Outcome>& outcomes,
                  const std::function<bool(const Outcome&)>& enough);
  Running Start(const chaos::Experiment& experiment, size_t candidate, Hash128 key);
  // Reads what there is of one of them; true when that one has come to its end.
  static bool ReadSome(Running& running);
  static void Wait(const std::vector<Running>& running, std::vector<size_t>& ready);
  const Outcome& Finish(const Running& running);
  void Kill(const Running& running);
  [[noreturn]] void Child(const chaos::Experiment& experiment, int pipe) const;

  const std::string mutant_;
  const std::string scratch_;
  const uint64_t jobs_;
  uint64_t done_ = 0;
  uint64_t asked_ = 0;
  std::map<Hash128, Outcome> known_;  // by the experiment's text
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_TRIAL_H_
