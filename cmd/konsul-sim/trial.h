// Runs experiments in processes of their own, several at once, and says which oracle fires first.
#ifndef KONSUL_CMD_KONSUL_SIM_TRIAL_H_
#define KONSUL_CMD_KONSUL_SIM_TRIAL_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chaos/experiment.h"

namespace konsul::simulator {

// What runs once more, with a change.
using Candidate = std::function<chaos::Experiment()>;

class Trials {
 public:
  // `scratch` is the caller's, who removes it. The planted bug must be one of this build, or empty.
  Trials(std::string mutant, std::string scratch, uint64_t jobs)
      : mutant_(std::move(mutant)), scratch_(std::move(scratch)), jobs_(jobs) {}

  // The first candidate with which `oracle` is the first to fire, or nothing: the same one however
  // many processes there are. Runs end with their first finding. The experiments have seeds.
  std::optional<size_t> First(const std::vector<Candidate>& candidates, const std::string& oracle);

  uint64_t done() const { return done_; }
  // From then on nothing is tried any more, and nothing fires.
  void SetDeadline(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }
  bool out_of_time() const {
    return deadline_.has_value() && std::chrono::steady_clock::now() >= *deadline_;
  }
  // After each; for a progress line.
  std::function<void()> after;

 private:
  // Which oracle fires in each of candidates [from, to); empty: none.
  std::vector<std::string> RunAll(const std::vector<Candidate>& candidates, size_t from, size_t to);
  [[noreturn]] void Child(const Candidate& candidate, int pipe) const;

  const std::string mutant_;
  const std::string scratch_;
  const uint64_t jobs_;
  uint64_t done_ = 0;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_TRIAL_H_
