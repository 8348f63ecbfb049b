#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace konsul {
namespace {

thread_local CheckFailureHandler failure_handler = nullptr;

}  // namespace

CheckFailureHandler SetCheckFailureHandler(CheckFailureHandler handler) {
  return std::exchange(failure_handler, handler);
}

void CheckFailed(const char* file, int line, const char* condition, const std::string& detail) {
  const std::string text = absl::StrCat(file, ":", line, ": check failed: ", condition,
                                        detail.empty() ? "" : ": ", detail);
  if (failure_handler != nullptr) failure_handler(text);
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace konsul
