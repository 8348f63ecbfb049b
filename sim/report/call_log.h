// What servers ask each other outside of the messages of consensus: forwarded writes, read indexes,
// and snapshots, of which each piece is a request. Owned by a Recorder.
#ifndef KONSUL_SIM_REPORT_CALL_LOG_H_
#define KONSUL_SIM_REPORT_CALL_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "sim/report/recording.h"

namespace konsul::report {

class CallLog {
 public:
  // The number of the call for OnAnswer; never 0.
  uint64_t OnCall(int64_t now, CallRecord::Kind kind, NodeId from, NodeId to);
  // A piece of the snapshot that ends with `index`; the first one of a transfer has no bytes.
  uint64_t OnPiece(int64_t now, NodeId from, NodeId to, uint64_t index, uint64_t bytes, bool first);
  // `error` is empty when it was answered, `have` what the receiver of a snapshot then has of it.
  void OnAnswer(int64_t now, uint64_t call, absl::string_view error, uint64_t have);
  // The process of `caller` died: nobody waits any more.
  void OnDown(int64_t now, NodeId caller);

  // Everything between servers that `server_of` knows (else it returns a negative number), by time.
  void Take(int64_t end, const std::function<int64_t(NodeId)>& server_of, Recording& out) const;

 private:
  template <typename Record>
  struct Noted {
    NodeId from;
    NodeId to;
    Record record;
  };
  struct Open {
    NodeId caller;
    bool piece = false;
    size_t number = 0;  // in calls_ or transfers_
  };
  // No more pieces of it come.
  void End(TransferRecord& transfer, int64_t now, absl::string_view outcome);

  std::vector<Noted<CallRecord>> calls_;
  std::vector<Noted<TransferRecord>> transfers_;
  std::map<uint64_t, Open> open_;
  std::map<std::pair<NodeId, NodeId>, size_t> running_;  // in transfers_, by sender and receiver
  uint64_t last_ = 0;
};

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_CALL_LOG_H_
