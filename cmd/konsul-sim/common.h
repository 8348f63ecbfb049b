// What the commands of konsul-sim share: scenarios, mutants, scratch space, exit codes.
#ifndef KONSUL_CMD_KONSUL_SIM_COMMON_H_
#define KONSUL_CMD_KONSUL_SIM_COMMON_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chaos/experiment.h"
#include "cmd/flags/flags.h"

namespace konsul::simulator {

inline constexpr int kExitUsage = 2;
inline constexpr int kExitCrash = 5;

// What to run, and the words on the command line that say it again.
struct Scenario {
  chaos::Experiment experiment;
  std::string argument;  // name or path
  std::string text;      // of the file
};

// A file when there is one of that name, else a scenario that is compiled in. Empty: "default".
absl::StatusOr<Scenario> LoadScenario(const std::string& name);

// Unavailable, with the path and the reason.
absl::StatusOr<std::string> ReadFile(const std::string& path);
absl::Status WriteFile(const std::string& path, const std::string& text);

// What --mutant says: a planted bug, "forget-vote"; with the checks inside the servers switched
// off, "forget-vote+unchecked"; or only that, "unchecked".
std::string Unchecked(const std::string& mutant);

// OK when `name` is empty or a planted bug of this build; FailedPrecondition when this build has
// none.
absl::Status CheckMutant(const std::string& name);
// The same, and switches it on in this process.
absl::Status ActivateMutant(const std::string& name);

// Sets those numbers, from 1, whose flags were given.
absl::Status ReadNumbers(const flags::Parsed& parsed,
                         std::initializer_list<std::pair<const char*, uint64_t*>> numbers);

// A directory for the table stores of this process, on a memory file system where there is one.
// Removed by the destructor, and when a check of this process fails.
class Scratch {
 public:
  Scratch();
  // Below a directory that a parent process removes.
  explicit Scratch(const std::string& parent);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // A fresh empty directory, in place of the one given out before.
  std::string Fresh();
  const std::string& root() const { return root_; }

 private:
  std::string root_;
  int given_ = 0;
};

// "konsul-sim run five --seed 7 --mutant forget-vote"
std::string RepeatCommand(const std::string& scenario, uint64_t seed, const std::string& mutant);

int RunCommand(const flags::Parsed& parsed);
int ReplayCommand(const flags::Parsed& parsed);
int ShrinkCommand(const flags::Parsed& parsed);
int SearchCommand(const flags::Parsed& parsed);
int MutantsCommand(const flags::Parsed& parsed);
int CrashImagesCommand(const flags::Parsed& parsed);

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_COMMON_H_
