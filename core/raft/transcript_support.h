// Stories about a cluster of cores, as text: commands, "----", and what came of them. A reviewer
// reads the difference; testdata/*.txt holds the stories.
//
//   new n=3 [pre_vote=off] [check_quorum=off]   bootstraps servers 1..n
//   blank n=5 [...]               nobody runs yet; 1..n are the members
//   server 2 terms=1,1,2 term=2 [vote=1]        starts a server whose log has these terms
//   timeout 1                     time moves to server 1's deadline, and only it notices
//   heartbeat 1                   the same, of a leader
//   elect 1                       the same and "stabilize", without the details
//   wait 100ms                    time moves, and nobody notices yet
//   run 2s                        all goes well until then; tells only how it ended
//   run-until 1                   the same until just before server 1's deadline
//   deliver [1->2]                what is on the wire now (on this link) arrives
//   stabilize                     the same until nothing is left
//   drop [1->2]                   what is on the wire now (on this link) is lost
//   delay 1->2, release           sets it aside, puts it back
//   wire                          shows what is on the wire
//   cut 1->2, isolate 3, heal     messages to come are lost on a link; to and from 3; no more
//   propose 1 a, read 1 7         a command, a read with context 7
//   slow-disk 1, persist 1        1's writes wait; 1's oldest write becomes durable
//   fast-disk 1                   all of them do, and at once from now on
//   crash 3, restart 3
//   status [1], log [1]
#ifndef KONSUL_CORE_RAFT_TRANSCRIPT_SUPPORT_H_
#define KONSUL_CORE_RAFT_TRANSCRIPT_SUPPORT_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/raft/cluster_support.h"
#include "core/raft/safety_support.h"

namespace konsul::raft::testing {

class Transcript {
 public:
  // Runs one line and returns what is to be seen, a line each, indented under what caused it.
  std::string Run(absl::string_view line);

 private:
  using Words = std::vector<std::string>;

  void Create(const Words& words, bool started);
  void StartServer(const Words& words);
  void Timeout(const std::string& id);
  void Elect(const std::string& id);
  void Isolate(const std::string& id);
  void Propose(const std::string& id, const std::string& text);
  void Read(const std::string& id, const std::string& context);
  void ShowStatus(Server& server);
  void ShowLog(Server& server);
  void ForAll(const Words& words, void (Transcript::*show)(Server&));

  void DeliverAll(std::vector<Message> messages);
  // Takes what is on a link, or all of it, off the wire.
  std::vector<Message> Take(const std::string& link);
  Server& Find(const std::string& id);
  // Writes the disks that are not slow, and tells what has changed since the last time.
  void Settle();
  void Say(absl::string_view text);

  std::unique_ptr<Cluster> cluster_;
  Safety safety_;
  Configuration members_;
  std::set<NodeId> slow_;
  std::vector<Message> delayed_;
  std::map<NodeId, std::string> shown_;
  std::map<NodeId, Index> commits_shown_;
  std::string output_;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_TRANSCRIPT_SUPPORT_H_
