#include "sim/checkers/durability.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sim/checkers/log_safety.h"

namespace konsul::checkers {
namespace {

std::string DescribeLog(const raft::LogPosition& base,
                        const std::vector<std::pair<Term, uint64_t>>& log) {
  const std::string behind = base.index == Index(0) ? ""
                                                    : absl::StrCat(" behind ", base.index.value,
                                                                   " of term ", base.term.value);
  if (log.empty()) return absl::StrCat("an empty log", behind);
  return absl::StrCat(log.size(), " entries", behind, ", the last of term ",
                      log.back().first.value);
}

std::string DescribeHardState(const raft::HardState& state) {
  return absl::StrCat(
      "term ", state.term.value, " with ",
      state.vote == NodeId(0) ? std::string("no vote") : "the vote for " + ToHex(state.vote.value));
}

}  // namespace

bool Durability::Image::Apply(const Batch& batch) {
  if (batch.hard_state.has_value()) hard_state = *batch.hard_state;
  if (batch.restore.has_value()) {
    base = *batch.restore;
    log.clear();
  }
  if (batch.entries.empty()) return true;
  if (batch.first <= base.index || batch.first.value > end() + 1) return false;
  log.resize(batch.first.value - base.index.value - 1);
  log.insert(log.end(), batch.entries.begin(), batch.entries.end());
  return true;
}

Term Durability::Image::TermAt(uint64_t index) const {
  return index == base.index.value ? base.term : log[index - base.index.value - 1].first;
}

bool Durability::Image::Explains(const Image& found) const {
  if (hard_state != found.hard_state) return false;
  const uint64_t here = base.index.value;
  const uint64_t there = found.base.index.value;
  // A leader's snapshot was complete, and the log was not cut yet.
  if (there > end() || (there >= here && TermAt(there) != found.base.term)) {
    return found.log.empty();
  }
  const uint64_t both = std::max(here, there);
  if (end() != found.end() || both > found.end()) return false;
  if (TermAt(both) != found.TermAt(both)) return false;
  return std::equal(log.begin() + static_cast<ptrdiff_t>(both - here), log.end(),
                    found.log.begin() + static_cast<ptrdiff_t>(both - there), found.log.end());
}

void Durability::OnStart(NodeId node, const raft::HardState& hard_state,
                         const raft::LogPosition& base, absl::Span<const raft::Entry> log) {
  Image found{hard_state, base, {}};
  for (const raft::Entry& entry : log) found.log.emplace_back(entry.term, ContentHash(entry));

  Server& server = servers_[node];
  if (server.known) {
    Image candidate = server.durable;
    bool matches = candidate.Explains(found);
    for (size_t i = 0; !matches && i < server.in_flight.size(); ++i) {
      matches = candidate.Apply(server.in_flight[i]) && candidate.Explains(found);
    }
    if (!matches) {
      findings_.Report(
          "durability",
          absl::StrCat(ToHex(node.value), " restarts with ", DescribeHardState(found.hard_state),
                       " and ", DescribeLog(found.base, found.log), "; durable were ",
                       DescribeHardState(server.durable.hard_state), " and ",
                       DescribeLog(server.durable.base, server.durable.log), ", with ",
                       server.in_flight.size(), " batches being written"));
    }
  }
  server.durable = std::move(found);
  server.in_flight.clear();
  server.known = true;
}

void Durability::Forget(NodeId node) {
  const auto it = servers_.find(node);
  if (it == servers_.end()) return;
  it->second.known = false;
  it->second.in_flight.clear();
}

bool Durability::Has(NodeId node, const raft::LogPosition& entry) const {
  const auto it = servers_.find(node);
  if (it == servers_.end()) return false;
  const Image& image = it->second.durable;
  if (entry.index < image.base.index) return true;
  return entry.index.value <= image.end() && image.TermAt(entry.index.value) == entry.term;
}

void Durability::OnBatch(NodeId node, const raft::Ready& ready) {
  Batch batch;
  batch.hard_state = ready.hard_state;
  batch.restore = ready.restore;
  if (!ready.entries.empty()) batch.first = ready.entries.front().index;
  for (const raft::Entry& entry : ready.entries) {
    batch.entries.emplace_back(entry.term, ContentHash(entry));
  }
  servers_[node].in_flight.push_back(std::move(batch));
}

std::optional<Durability::Batch> Durability::OnPersisted(NodeId node) {
  Server& server = servers_[node];
  if (server.in_flight.empty()) return std::nullopt;
  Batch batch = std::move(server.in_flight.front());
  server.in_flight.pop_front();
  if (!server.durable.Apply(batch)) {
    findings_.Report("durability",
                     absl::StrCat(ToHex(node.value), " wrote entries from ", batch.first.value,
                                  " on, where they do not fit: durable is ",
                                  DescribeLog(server.durable.base, server.durable.log)));
  }
  return batch;
}

}  // namespace konsul::checkers
