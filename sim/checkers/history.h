// What clients asked and what they were told, in the world's own time.
#ifndef KONSUL_SIM_CHECKERS_HISTORY_H_
#define KONSUL_SIM_CHECKERS_HISTORY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"

namespace konsul::checkers {

enum class OpKind { kRead, kPut, kCas, kDelete };

enum class Outcome {
  kPending,  // not answered yet; counts as kUnknown when the run ends
  kOk,       // took effect between `invoked` and `returned`
  kFailed,   // a compare-and-set that certainly changed nothing because the comparison failed
  kUnknown,  // took effect at any time after `invoked`, or never
  kNever,    // certainly did nothing: the request was never sent
};

struct Operation {
  uint32_t client = 0;
  OpKind kind = OpKind::kRead;
  std::string key;
  // Put and cas: what is written, unique in the whole run. Read: what was seen, nullopt for a
  // missing key.
  std::optional<std::string> value;
  // Cas: the value that must be there; nullopt means that the key must be missing. Because values
  // are unique, "still this value" and "still this ModifyIndex" say the same.
  std::optional<std::string> expected;
  Outcome outcome = Outcome::kPending;
  Duration invoked{};
  Duration returned{};  // of kOk and kFailed
  std::string server;   // who was asked, for people
};

// "client 3: put k1 = v17 @1.204s..1.213s ok (n2)".
std::string Describe(const Operation& op);
// Its beginning, when it is long; "(missing)" when it is not there.
std::string ShowValue(const std::optional<std::string>& value);

// Owned by the runner. Operations are in the order of their invocation.
class History {
 public:
  using Id = size_t;

  Id Invoke(Operation op) {
    operations_.push_back(std::move(op));
    return operations_.size() - 1;
  }
  void Return(Id id, Outcome outcome, Duration at) {
    operations_[id].outcome = outcome;
    operations_[id].returned = at;
  }
  void ReturnRead(Id id, std::optional<std::string> value, Duration at) {
    operations_[id].value = std::move(value);
    Return(id, Outcome::kOk, at);
  }
  const std::vector<Operation>& operations() const { return operations_; }

 private:
  std::vector<Operation> operations_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_HISTORY_H_
