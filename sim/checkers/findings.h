// Where checkers put what they find. The run ends at the first finding; those that the same event
// caused as well are kept, because the second one is often the clearer one.
#ifndef KONSUL_SIM_CHECKERS_FINDINGS_H_
#define KONSUL_SIM_CHECKERS_FINDINGS_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace konsul::checkers {

struct Finding {
  std::string oracle;  // "election-safety", as in an experiment's `invariants`
  std::string text;    // what was promised and what was seen instead
};

// One per run, owned by the runner, outlives the checkers. Simulator thread only.
class Findings {
 public:
  // Reports of this oracle are dropped from now on: the experiment does not ask for it.
  void Ignore(std::string oracle) { ignored_.insert(std::move(oracle)); }

  void Report(std::string oracle, std::string text) {
    if (ignored_.contains(oracle)) return;
    list_.push_back({std::move(oracle), std::move(text)});
  }
  bool empty() const { return list_.empty(); }
  const std::vector<Finding>& list() const { return list_; }

 private:
  std::set<std::string> ignored_;
  std::vector<Finding> list_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_FINDINGS_H_
