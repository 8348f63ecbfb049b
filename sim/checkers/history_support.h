// Operations on one key, short to write down.
#ifndef KONSUL_SIM_CHECKERS_HISTORY_SUPPORT_H_
#define KONSUL_SIM_CHECKERS_HISTORY_SUPPORT_H_

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/checkers/history.h"

namespace konsul::checkers {

// Times are milliseconds; -1 as the end means that there was no answer.
inline Operation Op(OpKind kind, std::optional<std::string> value, int from, int to,
                    std::optional<std::string> expected = std::nullopt) {
  Operation op;
  op.kind = kind;
  op.key = "k";
  op.value = std::move(value);
  op.expected = std::move(expected);
  op.invoked = from * 1ms;
  op.returned = to * 1ms;
  op.outcome = to < 0 ? Outcome::kUnknown : Outcome::kOk;
  return op;
}
inline Operation Put(const std::string& v, int from, int to) {
  return Op(OpKind::kPut, v, from, to);
}
inline Operation Read(const std::string& v, int from, int to) {
  return Op(OpKind::kRead, v, from, to);
}
inline Operation ReadMissing(int from, int to) { return Op(OpKind::kRead, std::nullopt, from, to); }
inline Operation Delete(int from, int to) { return Op(OpKind::kDelete, std::nullopt, from, to); }
inline Operation Cas(std::optional<std::string> expected, const std::string& v, int from, int to) {
  return Op(OpKind::kCas, v, from, to, std::move(expected));
}
inline Operation CasFailed(std::optional<std::string> expected, const std::string& v, int from,
                           int to) {
  Operation op = Cas(std::move(expected), v, from, to);
  op.outcome = Outcome::kFailed;
  return op;
}

inline std::vector<const Operation*> Pointers(const std::vector<Operation>& ops) {
  std::vector<const Operation*> out;
  for (const Operation& op : ops) out.push_back(&op);
  return out;
}

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_HISTORY_SUPPORT_H_
