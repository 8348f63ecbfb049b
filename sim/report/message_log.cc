#include "sim/report/message_log.h"

#include <algorithm>
#include <variant>

#include "core/base/hash.h"

namespace konsul::report {
namespace {

struct Recorder {
  void operator()(const raft::VoteRequest& m) {
    out.kind = m.pre ? MessageKind::kPreVote : MessageKind::kVote;
    out.a = m.last_index.value;
    out.b = m.last_term.value;
    out.c = m.transfer ? 1 : 0;
  }
  void operator()(const raft::VoteReply& m) {
    out.kind = m.pre ? MessageKind::kPreVoteReply : MessageKind::kVoteReply;
    out.a = m.granted ? 1 : 0;
  }
  void operator()(const raft::AppendRequest& m) {
    out.kind = m.entries.empty() ? MessageKind::kHeartbeat : MessageKind::kAppend;
    out.a = m.prev_index.value;
    out.b = m.entries.size();
    out.c = m.commit.value;
  }
  void operator()(const raft::AppendReply& m) {
    out.kind = m.success ? MessageKind::kAppendReply : MessageKind::kAppendReject;
    out.a = m.match_or_rejected.value;
    out.b = m.hint_index.value;
  }
  void operator()(const raft::TimeoutNow&) { out.kind = MessageKind::kTimeoutNow; }

  MessageRecord& out;
};

uint64_t FingerprintOf(const raft::Message& message, const MessageRecord& record) {
  uint64_t echo = 0;
  int64_t sent = 0;
  if (const auto* request = std::get_if<raft::AppendRequest>(&message.body)) {
    echo = request->read_round;
    sent = request->sent;
  } else if (const auto* reply = std::get_if<raft::AppendReply>(&message.body)) {
    echo = reply->read_round;
    sent = reply->sent;
  }
  RollingHash hash;
  for (const uint64_t part : {static_cast<uint64_t>(record.kind), record.term, record.a, record.b,
                              record.c, echo, static_cast<uint64_t>(sent)}) {
    hash.Add(part);
  }
  return hash.value().lo;
}

// Beyond this many that never arrived on one link, the oldest are given up.
constexpr size_t kPendingMax = 4096;

}  // namespace

MessageRecord RecordOf(const raft::Message& message) {
  MessageRecord record;
  record.term = message.term.value;
  std::visit(Recorder{record}, message.body);
  return record;
}

void MessageLog::Send(int64_t now, const raft::Message& message) {
  Sent sent{message.from, message.to, RecordOf(message)};
  sent.record.sent = now;
  auto& pending = pending_[{message.from, message.to}];
  pending.push_back({FingerprintOf(message, sent.record), sent_.size()});
  if (pending.size() > kPendingMax) pending.pop_front();
  sent_.push_back(sent);
}

void MessageLog::SendWhatIsFree(std::deque<Batch>& batches, int64_t now) {
  while (!batches.empty() && !batches.front().needs_persist) {
    for (const raft::Message& message : batches.front().messages) Send(now, message);
    batches.pop_front();
  }
}

void MessageLog::OnReady(NodeId sender, int64_t now, const raft::Ready& ready) {
  for (const raft::Message& message : ready.messages) Send(now, message);
  if (!ready.NeedsPersist() && ready.messages_after_persist.empty()) return;
  auto& batches = waiting_[sender];
  batches.push_back({ready.NeedsPersist(), ready.messages_after_persist});
  SendWhatIsFree(batches, now);
}

void MessageLog::OnPersisted(NodeId sender, int64_t now) {
  auto& batches = waiting_[sender];
  if (batches.empty()) return;
  batches.front().needs_persist = false;
  SendWhatIsFree(batches, now);
}

bool MessageLog::SendEarly(int64_t now, const raft::Message& message, uint64_t fingerprint) {
  const auto waiting = waiting_.find(message.from);
  if (waiting == waiting_.end()) return false;
  for (Batch& batch : waiting->second) {
    const auto it =
        std::find_if(batch.messages.begin(), batch.messages.end(), [&](const raft::Message& each) {
          return each.to == message.to && FingerprintOf(each, RecordOf(each)) == fingerprint;
        });
    if (it == batch.messages.end()) continue;
    Send(now, *it);
    batch.messages.erase(it);
    return true;
  }
  return false;
}

void MessageLog::OnReceived(int64_t now, const raft::Message& message) {
  const uint64_t fingerprint = FingerprintOf(message, RecordOf(message));
  auto& pending = pending_[{message.from, message.to}];
  const auto find = [&] {
    return std::find_if(pending.begin(), pending.end(),
                        [&](const Pending& each) { return each.fingerprint == fingerprint; });
  };
  auto it = find();
  if (it == pending.end() && SendEarly(now, message, fingerprint)) it = find();
  if (it == pending.end()) return;  // a second copy
  MessageRecord& record = sent_[it->number].record;
  record.received = now;
  record.fate = Fate::kDelivered;
  pending.erase(it);
}

std::vector<MessageRecord> MessageLog::Take(const std::function<int64_t(NodeId)>& server_of) const {
  std::vector<MessageRecord> out;
  for (const Sent& sent : sent_) {
    const int64_t from = server_of(sent.from);
    const int64_t to = server_of(sent.to);
    if (from < 0 || to < 0) continue;
    out.push_back(sent.record);
    out.back().from = static_cast<uint32_t>(from);
    out.back().to = static_cast<uint32_t>(to);
  }
  return out;
}

}  // namespace konsul::report
