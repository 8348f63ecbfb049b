#include "sim/checkers/history_generator.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/env/random.h"

namespace konsul::checkers {
namespace {

constexpr uint64_t kShortest = 1'000;  // ns
constexpr uint64_t kLongest = 9'000;
constexpr uint64_t kLatest = 60'000;  // an operation without an answer, after its beginning
constexpr size_t kLongAgo = 80;       // values
constexpr size_t kStaleOf = 50;       // last operations

class Generator {
 public:
  Generator(const HistoryShape& shape, uint64_t seed)
      : shape_(shape), random_(seed), known_(shape.clients) {}

  History Run() {
    for (uint32_t client = 0; client < shape_.clients; ++client) {
      At(random_.Below(kLongest), {Event::kBegin, client, 0});
    }
    while (!events_.empty()) {
      const auto [when, event] = *events_.begin();
      events_.erase(events_.begin());
      now_ = when.first;
      if (event.kind == Event::kBegin) Begin(event.client);
      if (event.kind == Event::kEffect) TakeEffect(event.op);
      if (event.kind == Event::kReturn) Return(event.op);
    }
    return std::move(history_);
  }

 private:
  struct Event {
    enum Kind { kBegin, kEffect, kReturn } kind = kBegin;
    uint32_t client = 0;
    size_t op = 0;
  };
  struct Plan {
    bool unknown = false;
    Outcome outcome = Outcome::kOk;
    std::optional<std::string> seen;
  };

  void At(uint64_t when, Event event) { events_[{when, next_++}] = event; }

  void Begin(uint32_t client) {
    if (plans_.size() == shape_.operations) return;
    Operation op;
    op.client = client;
    op.key = "k";
    op.server = "n1";
    op.invoked = Duration(static_cast<int64_t>(now_));
    const uint64_t kind = random_.Below(shape_.read + shape_.put + shape_.cas + shape_.remove);
    if (kind < shape_.read) {
      op.kind = OpKind::kRead;
    } else if (kind < shape_.read + shape_.remove) {
      op.kind = OpKind::kDelete;
    } else {
      const bool put = kind < shape_.read + shape_.remove + shape_.put;
      op.kind = put ? OpKind::kPut : OpKind::kCas;
      op.value = absl::StrCat("v", plans_.size());
      if (!put) op.expected = random_.Chance(1, 2) ? state_ : known_[client];
    }
    Plan plan;
    plan.unknown = random_.Chance(shape_.unknown_percent, 100);
    const size_t id = history_.Invoke(op);
    const uint64_t length = random_.Between(kShortest, kLongest);
    if (plan.unknown) {
      // Now, later, or never.
      const uint64_t which = random_.Below(3);
      if (which < 2)
        At(now_ + random_.Below(which == 0 ? length : kLatest), {Event::kEffect, 0, id});
    } else {
      At(now_ + random_.Below(length), {Event::kEffect, 0, id});
    }
    At(now_ + length, {Event::kReturn, client, id});
    plans_.push_back(plan);
  }

  void TakeEffect(size_t id) {
    const Operation& op = history_.operations()[id];
    Plan& plan = plans_[id];
    plan.seen = state_;
    switch (op.kind) {
      case OpKind::kRead:
        if (shape_.stale_reads && id + kStaleOf > shape_.operations && past_.size() > kLongAgo) {
          plan.seen = past_[past_.size() - kLongAgo];
        }
        break;
      case OpKind::kDelete:
        state_.reset();
        break;
      case OpKind::kCas:
        if (op.expected != state_) {
          plan.outcome = Outcome::kFailed;
          break;
        }
        [[fallthrough]];
      case OpKind::kPut:
        state_ = op.value;
        past_.push_back(*op.value);
        break;
    }
  }

  void Return(size_t id) {
    const Plan& plan = plans_[id];
    const Operation& op = history_.operations()[id];
    const uint32_t client = op.client;
    const Duration at(static_cast<int64_t>(now_));
    if (plan.unknown) {
      history_.Return(id, Outcome::kUnknown, Duration{});
    } else if (op.kind == OpKind::kRead) {
      known_[client] = plan.seen;
      history_.ReturnRead(id, plan.seen, at);
    } else {
      if (plan.outcome == Outcome::kOk) known_[client] = op.value;
      history_.Return(id, plan.outcome, at);
    }
    const uint64_t pause = static_cast<uint64_t>(shape_.pause.count());
    At(now_ + (pause == 0 ? 0 : random_.Below(pause)), {Event::kBegin, client, 0});
  }

  const HistoryShape& shape_;
  env::Random random_;
  History history_;
  std::map<std::pair<uint64_t, uint64_t>, Event> events_;  // by time, then as they were planned
  uint64_t next_ = 0;
  uint64_t now_ = 0;
  std::vector<Plan> plans_;  // by operation
  std::optional<std::string> state_;
  std::vector<std::string> past_;                  // all values, in order
  std::vector<std::optional<std::string>> known_;  // by client: what it saw or wrote last
};

}  // namespace

History GenerateHistory(const HistoryShape& shape, uint64_t seed) {
  return Generator(shape, seed).Run();
}

}  // namespace konsul::checkers
