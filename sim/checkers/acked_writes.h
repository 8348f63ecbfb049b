// Whatever was acknowledged is there at the end: after all faults are healed, a consistent read of
// each key through each server shows a value that no acknowledged operation can have replaced.
//
// Cheaper and blunter than linearizability.h, and independent of it: it looks at the end only. It
// does not check what reads saw in between, nor a lost write that was overwritten later.
#ifndef KONSUL_SIM_CHECKERS_ACKED_WRITES_H_
#define KONSUL_SIM_CHECKERS_ACKED_WRITES_H_

#include <optional>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"
#include "sim/checkers/history.h"

namespace konsul::checkers {

struct FinalRead {
  std::string key;
  std::optional<std::string> value;
  std::string server;
};

// `history` without the final reads. Reports as "no-lost-acked-writes".
void CheckAckedWrites(const History& history, const std::vector<FinalRead>& final_reads,
                      Findings& findings);

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_ACKED_WRITES_H_
