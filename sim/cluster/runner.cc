#include "sim/cluster/runner.h"

#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/fiber/context.h"
#include "core/fiber/stack_pool.h"
#include "sim/cluster/run.h"

namespace konsul::cluster {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kSafety:
      return "safety";
    case Verdict::kLiveness:
      return "liveness";
    case Verdict::kNondeterminism:
      return "nondeterminism";
    case Verdict::kCrash:
      return "crash";
  }
  return "?";
}

namespace {

// Of the run itself, whose oracles take more than fibers do.
constexpr size_t kStackBytes = 16 << 20;

// A run on a stack of its own. When a check fails, on it or on that of a fiber, that stack is left
// as it is and control comes back here: nothing of the run goes on, no destructor runs on a state
// that makes no sense any more, and still everything is there to be told. What the run holds is
// lost to the process.
class Staged {
 public:
  Staged(const chaos::Experiment& experiment, const RunOptions& options)
      : run_(experiment, options),
        stacks_(kStackBytes),
        context_(stacks_, [this] { report_ = run_.Execute(); }) {}

  // True when it came to its end.
  bool Go() {
    staged = this;
    const CheckFailureHandler before = SetCheckFailureHandler(&Leave);
    context_.Resume();
    SetCheckFailureHandler(before);
    staged = nullptr;
    return context_.finished();
  }

  Report TakeReport() { return std::move(report_); }
  Report ReportOfFailedCheck() { return run_.ReportOfFailedCheck(failure_); }

 private:
  // On the stack of the failure; does not come back.
  static void Leave(const std::string& text) {
    staged->failure_ = text;
    staged->context_.Suspend();
  }

  static thread_local Staged* staged;  // of the run under way

  Run run_;
  Report report_;
  std::string failure_;
  fiber::StackPool stacks_;
  fiber::Context context_;
};

thread_local Staged* Staged::staged = nullptr;

}  // namespace

Report RunExperiment(const chaos::Experiment& experiment, const RunOptions& options) {
  auto run = std::make_unique<Staged>(experiment, options);
  if (run->Go()) return run->TakeReport();
  return run.release()->ReportOfFailedCheck();
}

}  // namespace konsul::cluster
