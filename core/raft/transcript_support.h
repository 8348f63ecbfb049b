// Stories about a cluster of cores, as text: commands, "----", and what came of them. A reviewer
// reads the difference; testdata/*.txt holds the stories.
//
//   new n=3 [OPTION=VALUE...]     bootstraps servers 1..n; options as in OptionsOf()
//   blank n=5 [...]               nobody runs yet; 1..n are the members
//   server 2 terms=1,1,2 term=2 [vote=1]        starts a server whose log has these terms
//   join 4                        starts a server with an empty disk, which waits to be asked
//   clock 2 ppm=50000             2's clock is faster by so many millionths from the start on
//   timeout 1                     time moves to where server 1 loses its patience, and only it
//                                 notices
//   heartbeat 1                   the same to the next heartbeat, of a leader
//   elect 1                       the first and "stabilize", without the details
//   tick 1                        server 1 looks at its clock
//   wait 100ms                    time moves, and nobody notices yet
//   run 2s                        all goes well until then; tells only how it ended
//   run-until 1                   the same until just before server 1's deadline
//   deliver [1->2]                what is on the wire now (on this link) arrives
//   stabilize                     the same until nothing is left
//   drop [1->2]                   what is on the wire now (on this link) is lost
//   delay [1->2], release         sets it aside, puts it back; who sends a snapshot gives it up
//   wire                          shows what is on the wire
//   cut 1->2, isolate 3, heal     messages to come are lost on a link; to and from 3; no more
//   unreachable 1->2              1 is told that its connection to 2 is lost; "closed": by 2
//   propose 1 a, read 1 7         a command, a read with context 7
//   lease 1                       a read that relies on the lease
//   change 1 voters=1,2 [learners=3]            1 is asked to change the members
//   members [1]                   the configuration that a server goes by
//   transfer 1 [2]                1 is asked to hand over
//   compact 1 5                   1 writes a snapshot and forgets its log up to 5
//   followers 1                   what a leader knows of them
//   slow-disk 1, persist 1        1's writes wait; 1's oldest write becomes durable
//   fast-disk 1                   all of them do, and at once from now on
//   crash 3, restart 3, wipe 3    (wipe: its disk is gone)
//   status [1], log [1]
//
// Snapshots are on the wire like messages.
#ifndef KONSUL_CORE_RAFT_TRANSCRIPT_SUPPORT_H_
#define KONSUL_CORE_RAFT_TRANSCRIPT_SUPPORT_H_

#include <map>
#include <memory>
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

  // What is on the wire.
  struct Freight {
    std::vector<Message> messages;
    std::vector<Parcel> parcels;
  };
  using Command = void (Transcript::*)(const Words&);
  static const std::map<std::string, Command>& Commands();

  void New(const Words& words);
  void Blank(const Words& words);
  void StartServer(const Words& words);
  void Join(const Words& words);
  void SetClock(const Words& words);
  void Timeout(const Words& words);
  void Heartbeat(const Words& words);
  void Elect(const Words& words);
  void TickOne(const Words& words);
  void Wait(const Words& words);
  void RunFor(const Words& words);
  void RunUntil(const Words& words);
  void DeliverSome(const Words& words);
  void Stabilize(const Words& words);
  void Drop(const Words& words);
  void Delay(const Words& words);
  void Release(const Words& words);
  void ShowWire(const Words& words);
  void Cut(const Words& words);
  void Isolate(const Words& words);
  void Heal(const Words& words);
  void Unreachable(const Words& words);
  void Closed(const Words& words);
  void Propose(const Words& words);
  void Read(const Words& words);
  void LeaseRead(const Words& words);
  void Change(const Words& words);
  void Transfer(const Words& words);
  void Compact(const Words& words);
  void SlowDisk(const Words& words);
  void FastDisk(const Words& words);
  void Persist(const Words& words);
  void Crash(const Words& words);
  void Restart(const Words& words);
  void Wipe(const Words& words);
  void ShowMembers(const Words& words);
  void ShowFollowers(const Words& words);
  void ShowStatus(const Words& words);
  void ShowLog(const Words& words);

  // The servers that are named, or all.
  std::vector<Server*> Named(const Words& words);
  Server& Find(const std::string& id);
  void Create(const Words& words);
  void LosePatience(Server& server);
  void Arrive(const Freight& freight);
  void StabilizeWire();
  // Takes what is on a link, or all of it, off the wire.
  Freight Take(const std::string& link);
  // Writes the disks that are not slow, and tells what has changed since the last time.
  void Settle();
  void SettleOne(Server& server);
  void Say(absl::string_view text);

  std::unique_ptr<Cluster> cluster_;
  Safety safety_;
  Configuration members_;
  Freight delayed_;
  std::map<NodeId, std::string> shown_;
  std::map<NodeId, Index> commits_shown_;
  std::map<NodeId, size_t> states_shown_;
  std::string output_;
};

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_TRANSCRIPT_SUPPORT_H_
