// Pairs what one server sent with what another received. Connections break and lose what was on
// them, so a message is recognised by all that it says, and of equal ones the oldest is taken.
//
// What must wait for the disk (raft::Ready::messages_after_persist) counts as sent when its batch,
// and all before it, are durable; what waits when the process dies was never sent.
#ifndef KONSUL_SIM_REPORT_MESSAGE_LOG_H_
#define KONSUL_SIM_REPORT_MESSAGE_LOG_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "core/raft/ready.h"
#include "core/raft/types.h"
#include "sim/report/recording.h"

namespace konsul::report {

class MessageLog {
 public:
  void OnReady(NodeId sender, int64_t now, const raft::Ready& ready);
  void OnPersisted(NodeId sender, int64_t now);
  void OnDown(NodeId sender) { waiting_.erase(sender); }
  void OnReceived(int64_t now, const raft::Message& message);

  // All that were sent, by time; messages of or to somebody whom `server_of` does not know (it
  // returns a negative number) are left out.
  std::vector<MessageRecord> Take(const std::function<int64_t(NodeId)>& server_of) const;

 private:
  struct Sent {
    NodeId from;
    NodeId to;
    MessageRecord record;
  };
  struct Batch {
    bool needs_persist = false;
    std::vector<raft::Message> messages;
  };
  struct Pending {
    uint64_t fingerprint = 0;
    size_t number = 0;  // in sent_
  };

  void Send(int64_t now, const raft::Message& message);
  // A server that does not wait for its disk (a planted bug): the message is seen to arrive first.
  bool SendEarly(int64_t now, const raft::Message& message, uint64_t fingerprint);
  void SendWhatIsFree(std::deque<Batch>& batches, int64_t now);

  std::vector<Sent> sent_;
  std::map<NodeId, std::deque<Batch>> waiting_;
  std::map<std::pair<NodeId, NodeId>, std::deque<Pending>> pending_;  // by link
};

// Kind and numbers of a message; from, to and times are left to the caller.
MessageRecord RecordOf(const raft::Message& message);

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_MESSAGE_LOG_H_
