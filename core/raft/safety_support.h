// Watches a cluster of cores for the promises of paper figure 3: election safety, log matching,
// leader completeness, state machine safety; and that reads, with a quorum or with a lease, are not
// older than what was committed when they were asked for. It sees memory and disks directly. It
// does not check liveness.
#ifndef KONSUL_CORE_RAFT_SAFETY_SUPPORT_H_
#define KONSUL_CORE_RAFT_SAFETY_SUPPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/raft/cluster_support.h"

namespace konsul::raft::testing {

class Safety {
 public:
  // After every step. Empty, or what was broken. Asks every leader for a lease read besides.
  std::string Observe(Cluster& cluster);
  // Compares all logs pairwise; slow.
  std::string CheckLogMatching(Cluster& cluster);

  // A read is asked for, with a context that is unique in the run.
  void ReadStarted(uint64_t context) { reads_[context] = committed_.size(); }
  size_t committed() const { return committed_.size(); }
  size_t reads_served() const { return reads_served_; }
  size_t lease_reads_served() const { return lease_reads_served_; }
  size_t leaders_seen() const { return leaders_.size(); }

 private:
  std::string ObserveLeader(Server& server);
  std::string ObserveCommit(Server& server);
  std::string ObserveState(Server& server);
  std::string ObserveReads(Server& server);
  std::string ObserveLease(Cluster& cluster, Server& server);
  std::string CompareWithCommitted(const Entry& entry);

  std::map<Term, NodeId> leaders_;
  std::vector<Entry> committed_;    // by anybody, ever
  std::vector<Term> committed_in_;  // the term of whoever did it
  std::map<NodeId, Index> commit_seen_;
  std::map<NodeId, size_t> state_seen_;
  std::map<uint64_t, size_t> reads_;  // what was committed when they were asked for
  size_t reads_served_ = 0;
  size_t lease_reads_served_ = 0;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_SAFETY_SUPPORT_H_
