// A whole cluster under a hostile world: messages are lost, repeated, reordered and delayed, writes
// become durable late or not at all, disks get stuck, servers crash and forget what was not
// durable, clocks go wrong within their bound, members come and go, the leadership is handed over,
// logs are compacted and snapshots arrive late or never.
//
// What happens is decided by numbers from outside, so that a run can be repeated, cut down and
// told. The oracles are Safety after every step, and Heal at the end.
#ifndef KONSUL_CORE_RAFT_WORLD_SUPPORT_H_
#define KONSUL_CORE_RAFT_WORLD_SUPPORT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/raft/cluster_support.h"
#include "core/raft/safety_support.h"

namespace konsul::raft::testing {

class Draws {
 public:
  virtual ~Draws() = default;
  // From 0 to n-1; n is at least 1.
  virtual uint64_t Below(uint64_t n) = 0;
};

// As many as are wanted from one number.
class NumberDraws : public Draws {
 public:
  explicit NumberDraws(uint64_t number) : state_(number) {}
  uint64_t Below(uint64_t n) override;

 private:
  uint64_t state_;
};

struct Verdict;

class World {
 public:
  // Draws the options, the number of servers, how hostile it will be. With `telling`, tale() says
  // what happens.
  World(Draws& draws, bool telling);

  // One thing happens. Empty, or what broke.
  std::string Step(Draws& draws);
  // The faults end, though a minority may stay down: a leader has to come up and stay, a change of
  // the members has to end, a new entry has to reach everybody, and a read has to be answered.
  std::string Heal();

  const std::string& tale() const { return tale_; }
  // Fills in what came about.
  void Count(Verdict* verdict) const;

 private:
  void Begin(Server& server);
  void LetLead(NodeId id);
  void Act(Draws& draws);
  void Deliver(Draws& draws);
  void DeliverParcel(Draws& draws);
  bool PersistSomewhere(Draws& draws);
  void PassTime(Draws& draws);
  void GoToNextDeadline();
  void Tick(Server& server);
  void Propose(Draws& draws);
  void Read(Draws& draws);
  void ChangeMembers(Draws& draws);
  void ChangeOne(Draws& draws, Configuration* target);
  void ComeBack(Draws& draws, Server& leader);
  void Transfer(Draws& draws);
  void Compact(Draws& draws);
  void Hint(Draws& draws);
  void Harm(Draws& draws);
  void Isolate(Server& server, bool both_ways);
  void LoseLeader(Draws& draws);
  void CrashOrStart(Draws& draws, Server& server);

  Server& Pick(Draws& draws);
  // Whoever thinks that it leads, an old leader as well as the present one.
  Server& PickLeader(Draws& draws);
  Server& StartBlank(NodeId id);

  // Of all configurations that may still come to hold, each keeps a majority without it.
  bool CanDoWithout(NodeId id);
  std::string Recover(NodeId absent);
  std::string StayCalm();
  void StopTheRetired();
  std::string Watch();
  bool EverybodyApplied(NodeId absent, Index upto);

  void Say(absl::string_view text);
  void TellStandings();

  bool telling_;
  std::string tale_;
  Cluster cluster_;
  Safety safety_;
  size_t founders_ = 0;
  std::set<NodeId> late_;     // founders that have not begun their logs
  std::set<NodeId> started_;  // once at least
  std::set<NodeId> stuck_;    // disks
  uint64_t hostility_ = 0;
  uint64_t pace_ = 0;  // nanoseconds that pass at once, at most
  uint64_t lame_ = 0;  // which server may stay down in the end
  uint64_t steps_ = 0;
  uint64_t proposals_ = 0;
  uint64_t read_contexts_ = 0;
  size_t changes_ = 0;
  size_t transfers_ = 0;
  size_t installs_ = 0;
  std::string broken_;
  std::map<NodeId, std::string> shown_;
};

// A run of a world from numbers: the first one founds it, each of the others is a step. Failures of
// KONSUL_CHECK count as broken, too.
struct Verdict {
  std::string broken;  // empty when all is well
  size_t steps = 0;    // how far it came
  std::string tale;    // when it was asked for
  // What came about.
  size_t committed = 0;
  size_t leaders = 0;
  size_t reads = 0;
  size_t lease_reads = 0;
  size_t changes = 0;
  size_t transfers = 0;
  size_t installs = 0;
};
// The numbers that a case goes on with.
std::vector<uint32_t> StepsOf(uint64_t founding, size_t steps);
Verdict RunWorld(uint64_t founding, const std::vector<uint32_t>& words, bool telling);
// The fewest steps found that still break something.
std::vector<uint32_t> Shrink(uint64_t founding, std::vector<uint32_t> words);

}  // namespace konsul::raft::testing

#endif  // KONSUL_CORE_RAFT_WORLD_SUPPORT_H_
