// Consensus keeps its promises, whatever happens: worlds from chance (world_support.h). A case that
// breaks is cut down to few steps and told. RC_PARAMS="max_success=5000" looks further,
// "noshrink=1" tells at once.
//
// In a build with KONSUL_MUTANTS, the environment variable KONSUL_MUTANT names a planted bug.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/mutation.h"
#include "core/raft/world_support.h"

namespace konsul::raft::testing {
namespace {

bool WantsShrinking() {
  const char* params = std::getenv("RC_PARAMS");
  return params == nullptr || !absl::StrContains(params, "noshrink=1");
}

#ifdef KONSUL_MUTANTS
// Before any test of this program.
const bool kPlanted = [] {
  const char* name = std::getenv("KONSUL_MUTANT");
  if (name != nullptr) mutation::Activate(mutation::ByName(name).value());
  return name != nullptr;
}();
#endif

RC_GTEST_PROP(ClusterProperty, KeepsItsPromisesWhateverHappens, ()) {
  // Shrinking is ours, as it knows what a step is.
  const uint64_t founding = *rc::gen::noShrink(
      rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint64_t>(0, uint64_t{1} << 40)));
  const size_t steps = *rc::gen::noShrink(rc::gen::element<size_t>(500, 2000, 4000));
  const std::vector<uint32_t> words = StepsOf(founding, steps);
  const Verdict verdict = RunWorld(founding, words, /*telling=*/false);
  if (!verdict.broken.empty()) {
    const std::vector<uint32_t> fewer = WantsShrinking() ? Shrink(founding, words) : words;
    const Verdict told = RunWorld(founding, fewer, /*telling=*/true);
    RC_FAIL(absl::StrCat(verdict.broken, "\n\nThe same in ", fewer.size(), " steps:\n", told.tale,
                         "=> ", told.broken));
  }
  RC_CLASSIFY(verdict.committed > 20, "more than 20 committed");
  RC_CLASSIFY(verdict.leaders > 3, "leaders");
  RC_CLASSIFY(verdict.reads > 3, "reads");
  RC_CLASSIFY(verdict.lease_reads > 50, "lease reads");
  RC_CLASSIFY(verdict.changes > 3, "changes");
  RC_CLASSIFY(verdict.transfers > 3, "transfers");
  RC_CLASSIFY(verdict.installs > 1, "installs");
}

}  // namespace
}  // namespace konsul::raft::testing
