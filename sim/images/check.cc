#include "sim/images/check.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/images/crash_images.h"
#include "sim/images/recovery.h"
#include "sim/images/workloads.h"

namespace konsul::images {
namespace {

constexpr uint64_t kMomentsPerReport = 4;

class WorkloadCheck {
 public:
  WorkloadCheck(const CheckOptions& options, const Workload& workload)
      : options_(options),
        workload_(workload),
        random_(env::Random(options.seed).Fork(workload.name)),
        recovery_(options.directory) {
    result_.name = workload.name;
  }

  // False when it was interrupted.
  bool Run() {
    Recording recording(options_.directory, random_.Fork("recording").Next());
    for (const Recording::Script& life : workload_.lives) {
      const absl::Status lived = recording.Live(life);
      if (!lived.ok()) {
        result_.finding = absl::StrCat("the recorded server fails: ", lived.ToString());
        break;
      }
    }
    const std::vector<Moment>& moments = recording.moments();
    result_.moments = moments.size();
    bool go_on = true;
    for (size_t i = 0; i < moments.size() && go_on && result_.finding.empty(); ++i) {
      Check(moments[i], i);
      if (i % kMomentsPerReport == 0 && options_.progress) {
        go_on = options_.progress(i, moments.size());
      }
    }
    result_.distinct = seen_.size();
    result_.recoveries = recovery_.count();
    return go_on;
  }

  WorkloadResult TakeResult() { return std::move(result_); }

 private:
  void Check(const Moment& moment, size_t number) {
    result_.barriers += moment.barrier;
    const CrashImages images(moment.disk);
    result_.possible += images.possible();
    env::Random random = random_.Fork(absl::StrCat("moment", number));
    const auto look = [&](const ImageState& image) {
      ++result_.tried;
      const Hash128 digest = image.Digest();
      auto seen = seen_.find(digest);
      if (seen == seen_.end()) seen = seen_.emplace(digest, recovery_.Explore(image)).first;
      return Accept(moment, number, seen->second, "a power loss");
    };
    result_.exhaustive += images.ForEach(options_.bound, random, look);
    // The process alone dies: everything is there, and what was not synced may be lost later on.
    if (result_.finding.empty() && moment.disk.HasPending()) {
      ++result_.ended;
      Accept(moment, number, recovery_.Explore(moment.disk), "the end of the process");
    }
  }

  bool Accept(const Moment& moment, size_t number, const Explored& explored,
              absl::string_view after) {
    std::string wrong = moment.promises.Judge(explored.found);
    if (wrong.empty()) wrong = explored.wrong;
    if (wrong.empty()) return true;
    result_.finding =
        absl::StrCat("at moment ", number, ", before ", DiskCallName(moment.next), " ", moment.path,
                     ", after ", after, ": ", wrong, "; on the disk: ", explored.files);
    return false;
  }

  const CheckOptions& options_;
  const Workload& workload_;
  env::Random random_;
  Recovery recovery_;
  std::map<Hash128, Explored> seen_;
  WorkloadResult result_;
};

}  // namespace

bool CheckResult::failed() const {
  return std::any_of(workloads.begin(), workloads.end(),
                     [](const WorkloadResult& each) { return !each.finding.empty(); });
}

CheckResult CheckCrashImages(const CheckOptions& options) {
  CheckResult result;
  for (const Workload& workload : Workloads()) {
    if (!options.workload.empty() && options.workload != workload.name) continue;
    WorkloadCheck check(options, workload);
    result.interrupted = !check.Run();
    result.workloads.push_back(check.TakeResult());
    if (result.interrupted) break;
  }
  return result;
}

}  // namespace konsul::images
