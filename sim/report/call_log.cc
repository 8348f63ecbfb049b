#include "sim/report/call_log.h"

namespace konsul::report {
namespace {

constexpr absl::string_view kDied = "the sender died";
constexpr absl::string_view kGivenUp = "given up";
constexpr absl::string_view kUnderWay = "on its way when the run ended";

}  // namespace

uint64_t CallLog::OnCall(int64_t now, CallRecord::Kind kind, NodeId from, NodeId to) {
  open_[++last_] = {from, false, calls_.size()};
  CallRecord record;
  record.kind = kind;
  record.begin = now;
  calls_.push_back({from, to, record});
  return last_;
}

uint64_t CallLog::OnPiece(int64_t now, NodeId from, NodeId to, uint64_t index, uint64_t bytes,
                          bool first) {
  const auto running = running_.find({from, to});
  const bool goes_on =
      !first && running != running_.end() && transfers_[running->second].record.index == index;
  if (!goes_on) {
    if (running != running_.end()) {
      TransferRecord& before = transfers_[running->second].record;
      End(before, before.steps.back().first, kGivenUp);
    }
    running_[{from, to}] = transfers_.size();
    TransferRecord record;
    record.index = index;
    record.bytes = bytes;
    record.begin = now;
    record.steps = {{now, 0}};
    transfers_.push_back({from, to, record});
  }
  open_[++last_] = {from, true, running_[{from, to}]};
  return last_;
}

void CallLog::End(TransferRecord& transfer, int64_t now, absl::string_view outcome) {
  transfer.end = now;
  transfer.outcome = std::string(outcome);
}

void CallLog::OnAnswer(int64_t now, uint64_t call, absl::string_view error, uint64_t have) {
  const auto it = open_.find(call);
  if (it == open_.end()) return;  // of a process that is gone
  const Open open = it->second;
  open_.erase(it);
  if (!open.piece) {
    CallRecord& record = calls_[open.number].record;
    record.end = now;
    record.outcome = error.empty() ? "ok" : std::string(error);
    return;
  }
  auto& [from, to, transfer] = transfers_[open.number];
  if (!transfer.outcome.empty()) return;
  if (error.empty()) transfer.steps.emplace_back(now, have);
  if (error.empty() && have < transfer.bytes) return;
  End(transfer, now, error.empty() ? "complete" : error);
  running_.erase({from, to});
}

void CallLog::OnDown(int64_t now, NodeId caller) {
  for (auto it = open_.begin(); it != open_.end();) {
    if (it->second.caller != caller) {
      ++it;
      continue;
    }
    if (!it->second.piece) {
      CallRecord& record = calls_[it->second.number].record;
      record.end = now;
      record.outcome = std::string(kDied);
    }
    it = open_.erase(it);
  }
  for (auto it = running_.begin(); it != running_.end();) {
    if (it->first.first != caller) {
      ++it;
      continue;
    }
    End(transfers_[it->second].record, now, kDied);
    it = running_.erase(it);
  }
}

void CallLog::Take(int64_t end, const std::function<int64_t(NodeId)>& server_of,
                   Recording& out) const {
  const auto take = [&](const auto& all, auto& to) {
    for (const auto& each : all) {
      const int64_t from = server_of(each.from);
      const int64_t receiver = server_of(each.to);
      if (from < 0 || receiver < 0) continue;
      to.push_back(each.record);
      to.back().from = static_cast<uint32_t>(from);
      to.back().to = static_cast<uint32_t>(receiver);
      if (!to.back().outcome.empty()) continue;
      to.back().outcome = std::string(kUnderWay);
      to.back().end = end;
    }
  };
  take(calls_, out.calls);
  take(transfers_, out.transfers);
}

}  // namespace konsul::report
