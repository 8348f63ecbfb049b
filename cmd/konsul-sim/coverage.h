// What a search did and did not see: which rare paths the servers took (core/base/probe.h), which
// faults met whom in which situation (sim/cluster/fault_matrix.h).
#ifndef KONSUL_CMD_KONSUL_SIM_COVERAGE_H_
#define KONSUL_CMD_KONSUL_SIM_COVERAGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace konsul::simulator {

// Summed up over runs, each by name.
struct Coverage {
  std::map<std::string, uint64_t> happened;
  std::map<std::string, uint64_t> rare_paths;
  std::map<std::string, uint64_t> buggify;  // sites, also those that never fired
  std::map<std::string, uint64_t> matrix;   // "kind/role/phase"

  void Add(const Coverage& other);

  // Rare paths that were never taken, and buggify sites that never fired ("buggify/NAME").
  std::vector<std::string> NeverTaken() const;
  // Cells that could be filled and are not, of the kinds that were injected at all.
  std::vector<std::string> EmptyCells() const;
  // Kinds of faults that were never injected.
  std::vector<std::string> KindsMissing() const;

  // For people: a table with a row per kind and role, then what is empty.
  std::string Table() const;
  // Members of a JSON object, without its braces.
  std::string Json() const;

  // One line, for a pipe.
  std::string Encode() const;
  static Coverage Decode(const std::string& text);
};

}  // namespace konsul::simulator

#endif  // KONSUL_CMD_KONSUL_SIM_COVERAGE_H_
