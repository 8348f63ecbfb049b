// What only the end of a run can tell: how long faults lasted, what the clients were told, why
// messages did not arrive, and whom a finding is about.
#ifndef KONSUL_SIM_REPORT_CONCLUSIONS_H_
#define KONSUL_SIM_REPORT_CONCLUSIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/injection.h"
#include "sim/checkers/history.h"
#include "sim/report/recording.h"

namespace konsul::report {

// Begin and end of one fault become one span; what nobody ended lasts as long as it says, or to the
// end of the run. Skipped ones and what the operator did are moments.
std::vector<FaultSpan> FaultsOf(const std::vector<chaos::Injection>& schedule, int64_t began,
                                int64_t end);

std::vector<OperationRecord> OperationsOf(const checkers::History& history, int64_t end);

// Finds servers by `names` (names and ids), operations by their description and terms by "term N"
// in the text of the finding.
void Link(FindingRecord& finding, const std::map<std::string, size_t>& names,
          const checkers::History& history);

// Fate of every message that did not arrive.
void ExplainLosses(Recording& recording);

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_CONCLUSIONS_H_
