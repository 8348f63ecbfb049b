// Failed checks as exceptions, for tests that go on after one: to cut a case down, to tell how it
// came about.
#ifndef KONSUL_CORE_RAFT_CHECK_SUPPORT_H_
#define KONSUL_CORE_RAFT_CHECK_SUPPORT_H_

#include <string>

#include "core/base/check.h"

namespace konsul::raft::testing {

struct CheckFailure {
  std::string text;
};

// While it lives, KONSUL_CHECK throws a CheckFailure on this thread instead of ending the process.
class ChecksThrow {
 public:
  ChecksThrow() {
    SetCheckFailureHandler([](const std::string& text) { throw CheckFailure{text}; });
  }
  ~ChecksThrow() { SetCheckFailureHandler(nullptr); }
  ChecksThrow(const ChecksThrow&) = delete;
  ChecksThrow& operator=(const ChecksThrow&) = delete;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_CHECK_SUPPORT_H_
