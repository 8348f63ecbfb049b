#include "sim/checkers/durability.h"

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/checkers/log_safety.h"

namespace konsul::checkers {
namespace {

std::string DescribeLog(const std::vector<std::pair<Term, uint64_t>>& log) {
  if (log.empty()) return "an empty log";
  return absl::StrCat(log.size(), " entries, the last of term ", log.back().first.value);
}

std::string DescribeHardState(const raft::HardState& state) {
  return absl::StrCat(
      "term ", state.term.value, " with ",
      state.vote == NodeId(0) ? std::string("no vote") : "the vote for " + ToHex(state.vote.value));
}

}  // namespace

void Durability::Image::Apply(const Batch& batch) {
  if (batch.hard_state.has_value()) hard_state = *batch.hard_state;
  if (batch.entries.empty()) return;
  KONSUL_CHECK(batch.first.value >= 1 && batch.first.value <= log.size() + 1, "a batch begins at ",
               batch.first.value, " beyond the log's end ", log.size());
  log.resize(batch.first.value - 1);
  log.insert(log.end(), batch.entries.begin(), batch.entries.end());
}

void Durability::OnStart(NodeId node, const raft::HardState& hard_state,
                         absl::Span<const raft::Entry> log) {
  Image found;
  found.hard_state = hard_state;
  for (const raft::Entry& entry : log) found.log.emplace_back(entry.term, ContentHash(entry));

  Server& server = servers_[node];
  if (server.known) {
    Image candidate = server.durable;
    bool matches = candidate.hard_state == found.hard_state && candidate.log == found.log;
    for (size_t i = 0; !matches && i < server.in_flight.size(); ++i) {
      candidate.Apply(server.in_flight[i]);
      matches = candidate.hard_state == found.hard_state && candidate.log == found.log;
    }
    if (!matches) {
      findings_.Report(
          "durability",
          absl::StrCat(ToHex(node.value), " restarts with ", DescribeHardState(found.hard_state),
                       " and ", DescribeLog(found.log), "; durable were ",
                       DescribeHardState(server.durable.hard_state), " and ",
                       DescribeLog(server.durable.log), ", with ", server.in_flight.size(),
                       " batches being written"));
    }
  }
  server.durable = std::move(found);
  server.in_flight.clear();
  server.known = true;
}

void Durability::OnBatch(NodeId node, const raft::Ready& ready) {
  Batch batch;
  batch.hard_state = ready.hard_state;
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
  server.durable.Apply(batch);
  return batch;
}

}  // namespace konsul::checkers
