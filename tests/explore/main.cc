// raft_explore [OPTION=NUMBER...]: explores every state that a few servers of consensus can reach
// within a scope, and says how many there were. Exit code 1 when one breaks a promise; then it
// tells the shortest way there.
//
//   servers=3 founders=3 candidates=3 term_max=2 wire_max=3    how large
//   proposals=0 reads=0 heartbeats=0 duplicates=0 restarts=0 compactions=0 transfers=0 changes=0
//                                                              what may happen, and how often
//   pre_vote=0 slow_disks=0 append_entries_max=1024
//   states_max=20000000                                        where to give up; 10 million take 3
//   GB
//
// `changes` take the founders to servers 1 and the last, then to all but the first. With
// KONSUL_MUTANT=NAME in the environment of a build with KONSUL_MUTANTS, a planted bug is active.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/base/mutation.h"
#include "core/raft/cluster_support.h"
#include "core/raft/explore_support.h"

namespace konsul::raft::testing {
namespace {

void PlantBug() {
#ifdef KONSUL_MUTANTS
  const char* name = std::getenv("KONSUL_MUTANT");
  if (name != nullptr) mutation::Activate(mutation::ByName(name).value());
#endif
}

std::map<std::string, uint64_t> Defaults() {
  return {{"servers", 3},
          {"founders", 3},
          {"candidates", 3},
          {"term_max", 2},
          {"wire_max", 3},
          {"proposals", 0},
          {"reads", 0},
          {"heartbeats", 0},
          {"duplicates", 0},
          {"restarts", 0},
          {"compactions", 0},
          {"transfers", 0},
          {"changes", 0},
          {"pre_vote", 0},
          {"slow_disks", 0},
          {"append_entries_max", 1024},
          {"states_max", 20'000'000}};
}

std::vector<Configuration> ChangesOf(uint64_t servers, uint64_t count) {
  Configuration but_first = MakeConfiguration(servers);
  but_first.voters.erase(but_first.voters.begin());
  std::vector<Configuration> changes = {MakeConfiguration({1, servers}, {}), but_first};
  changes.resize(std::min<uint64_t>(count, changes.size()));
  return changes;
}

int Run(const std::vector<std::string>& words) {
  std::map<std::string, uint64_t> given = Defaults();
  for (const std::string& word : words) {
    const std::vector<std::string> parts = absl::StrSplit(word, '=');
    if (parts.size() != 2 || given.count(parts[0]) == 0 ||
        !absl::SimpleAtoi(parts[1], &given[parts[0]])) {
      std::fprintf(stderr, "not OPTION=NUMBER: %s\n", word.c_str());
      return 2;
    }
  }
  const Scope scope{.servers = given["servers"],
                    .founders = given["founders"],
                    .candidates = given["candidates"],
                    .term_max = given["term_max"],
                    .wire_max = given["wire_max"],
                    .proposals = given["proposals"],
                    .reads = given["reads"],
                    .heartbeats = given["heartbeats"],
                    .duplicates = given["duplicates"],
                    .restarts = given["restarts"],
                    .compactions = given["compactions"],
                    .transfers = given["transfers"],
                    .changes = ChangesOf(given["servers"], given["changes"]),
                    .pre_vote = given["pre_vote"] != 0,
                    .slow_disks = given["slow_disks"] != 0,
                    .append_entries_max = given["append_entries_max"]};
  const auto begun = std::chrono::steady_clock::now();
  const Exploration found = Explore(scope, given["states_max"]);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf(
      "%llu states, %llu transitions, depth %zu, %llu states of single servers, %.1f s: %s\n",
      static_cast<unsigned long long>(found.states),
      static_cast<unsigned long long>(found.transitions), found.depth,
      static_cast<unsigned long long>(found.server_states), took.count(),
      !found.broken.empty() ? "BROKEN"
      : found.complete      ? "all of the scope, and every promise was kept"
                            : "not all of the scope");
  if (found.broken.empty()) return found.complete ? 0 : 3;
  std::printf("%s=> %s\n", found.tale.c_str(), found.broken.c_str());
  return 1;
}

}  // namespace
}  // namespace konsul::raft::testing

int main(int argc, char** argv) {
  konsul::raft::testing::PlantBug();
  return konsul::raft::testing::Run({argv + 1, argv + argc});
}
