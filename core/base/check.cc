#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace konsul {
namespace {

thread_local CheckFailureHandler failure_handler = nullptr;

}  // namespace

void SetCheckFailureHandler(CheckFailureHandler handler) { failure_handler = handler; }

void CheckFailed(const char* file, int line, const char* condition, const std::string& detail) {
  const std::string text = absl::StrCat(file, ":", line, ": check failed: ", condition,
                                        detail.empty() ? "" : ": ", detail);
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
  if (failure_handler != nullptr) failure_handler(text);
  std::abort();
}

}  // namespace konsul
