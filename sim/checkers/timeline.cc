// The picture of an illegal window: columns are the moments at which something begins or ends.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/checkers/illegal_window.h"

namespace konsul::checkers {
namespace {

constexpr size_t kLabelMax = 28;

std::string Show(const std::optional<std::string>& value) {
  const std::string text = value.has_value() ? *value : "(missing)";
  return text.size() <= 12 ? text : absl::StrCat(text.substr(0, 10), "..");
}

std::string Label(const Operation& op) {
  std::string text;
  switch (op.kind) {
    case OpKind::kRead:
      text = absl::StrCat("get -> ", Show(op.value));
      break;
    case OpKind::kPut:
      text = absl::StrCat("put ", Show(op.value));
      break;
    case OpKind::kCas:
      text = absl::StrCat("cas ", Show(op.expected), " to ", Show(op.value));
      break;
    case OpKind::kDelete:
      text = "delete";
      break;
  }
  if (op.outcome == Outcome::kFailed) absl::StrAppend(&text, " refused");
  return text.substr(0, kLabelMax);
}

bool Answered(const Operation& op) {
  return op.outcome == Outcome::kOk || op.outcome == Outcome::kFailed;
}

class Timeline {
 public:
  explicit Timeline(const std::vector<const Operation*>& operations) : operations_(operations) {
    std::set<Duration> moments;
    for (const Operation* op : operations) {
      moments.insert(op->invoked);
      if (Answered(*op)) moments.insert(op->returned);
    }
    for (const Duration moment : moments) column_.emplace(moment, column_.size());
    Place();
  }

  std::string Draw(const Operation* wrong) const {
    std::map<uint32_t, std::vector<const Operation*>> rows;
    for (const Operation* op : operations_) rows[op->client].push_back(op);
    std::string out;
    for (const auto& [client, row] : rows) {
      std::string line;
      bool marked = false;
      for (const Operation* op : row) {
        marked = marked || op == wrong;
        // An operation without an answer may last into the next one of its client.
        const size_t begin = at_[Begin(*op)];
        if (line.size() > begin) line.resize(begin);
        line.resize(begin, ' ');
        std::string bar = absl::StrCat("|", Label(*op));
        bar.resize(std::max(bar.size(), at_[End(*op)] - begin), Answered(*op) ? '-' : '.');
        absl::StrAppend(&line, bar, Answered(*op) ? "|" : " ?");
      }
      absl::StrAppend(&out, out.empty() ? "" : "\n", "    client ", client,
                      std::string(client < 10    ? 3
                                  : client < 100 ? 2
                                                 : 1,
                                  ' '),
                      line, marked ? "  <- cannot be" : "");
    }
    return out;
  }

 private:
  size_t Begin(const Operation& op) const { return column_.at(op.invoked); }
  size_t End(const Operation& op) const {
    return Answered(op) ? column_.at(op.returned) : column_.size();
  }

  // Every column as far to the left as the labels allow.
  void Place() {
    at_.assign(column_.size() + 1, 0);
    for (size_t c = 1; c < at_.size(); ++c) {
      at_[c] = at_[c - 1] + 2;
      for (const Operation* op : operations_) {
        if (End(*op) == c) at_[c] = std::max(at_[c], at_[Begin(*op)] + Label(*op).size() + 2);
      }
    }
  }

  const std::vector<const Operation*>& operations_;
  std::map<Duration, size_t> column_;
  std::vector<size_t> at_;  // where a column begins
};

}  // namespace

std::string DrawTimeline(const std::vector<const Operation*>& operations, const Operation* wrong) {
  return Timeline(operations).Draw(wrong);
}

}  // namespace konsul::checkers
