#include "sim/workloads/operator.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/workloads/operator_client.h"

namespace konsul::workloads {
namespace {

using Members = std::vector<MemberReply>;

// How long a removed server may go on running.
constexpr Duration kLinger = 2s;
// Of his looks at the cluster while he waits for it to settle.
constexpr Duration kFinishEvery = 100ms;
// Turns are numbered from here on while he brings things to an end.
constexpr uint64_t kFinishTurns = 1'000'000'000;

class Person {
 public:
  Person(const env::Env& env, const OperatorSpec& spec, MachineRoom& room, OperatorState& state)
      : env_(env),
        spec_(spec),
        room_(room),
        state_(state),
        client_(env, spec.timeout),
        pauses_(env.random.Fork("operator")),
        random_(pauses_) {}

  void Run() {
    while (!state_.stop) {
      const std::optional<uint64_t> turn = NextTurn();
      if (env_.scheduler.cancelled()) return;
      if (!turn.has_value() || state_.pause) continue;
      if (!state_.finish) state_.turns.push_back({*turn, state_.now()});
      // Each turn has a stream of its own: leaving one out does not change what others decide.
      random_ = pauses_.Fork(absl::StrCat("turn ", *turn));
      state_.busy = true;
      Once();
      state_.busy = false;
    }
  }

 private:
  // Sleeps until a turn begins: its number. Nullopt when there is none yet.
  std::optional<uint64_t> NextTurn() {
    if (state_.finish || !spec_.turns.has_value()) {
      Duration pause = kFinishEvery;
      if (!state_.finish) {
        pause = Duration(static_cast<int64_t>(
            pauses_.Below(2 * static_cast<uint64_t>(spec_.interval.count()) + 1)));
      }
      const uint64_t number = state_.finish ? kFinishTurns + finish_turns_++ : ++drawn_turns_;
      if (!env_.Sleep(pause).ok()) return std::nullopt;
      return number;
    }
    while (given_ < spec_.turns->size() && (*spec_.turns)[given_].at < state_.now()) ++given_;
    if (given_ == spec_.turns->size()) {
      (void)env_.Sleep(kFinishEvery);
      return std::nullopt;
    }
    const chaos::Operator::Turn& turn = (*spec_.turns)[given_];
    if (!env_.Sleep(turn.at - state_.now()).ok()) return std::nullopt;
    if (state_.finish) return std::nullopt;
    ++given_;
    return turn.number;
  }

  void Once() {
    const std::optional<Members> members = Look();
    if (!members.has_value()) return;
    // Sooner or later he does what he has left undone.
    if ((state_.finish || random_.Chance(1, 2)) && Repair(*members)) return;
    if (state_.finish) {
      state_.waits_for = Unsettled(*members);
    } else {
      Act(*members);
    }
  }

  // Anybody who might answer.
  std::optional<Machine> Somebody() {
    std::vector<Machine> all = room_.Machines();
    std::erase_if(all, [](const Machine& m) { return m.state != Machine::State::kDeployed; });
    if (all.empty()) return std::nullopt;
    return all[random_.Below(all.size())];
  }

  std::optional<Members> Look() {
    const std::optional<Machine> asked = Somebody();
    if (!asked.has_value()) return std::nullopt;
    absl::StatusOr<Members> members = client_.Members(asked->http);
    if (!members.ok() || members->empty()) return std::nullopt;
    return *std::move(members);
  }

  static const MemberReply* Find(const Members& members, NodeId id) {
    const auto it = std::find_if(members.begin(), members.end(),
                                 [&](const MemberReply& member) { return member.id == id; });
    return it == members.end() ? nullptr : &*it;
  }

  static size_t Voters(const Members& members) {
    return static_cast<size_t>(std::count_if(members.begin(), members.end(),
                                             [](const MemberReply& m) { return m.voter; }));
  }

  Answer Count(const std::string& machine, const std::string& what, const AnswerText& answer) {
    ++(answer.answer == Answer::kDone ? state_.done : state_.unknown);
    room_.Note(machine, absl::StrCat(what, ": ", AnswerName(answer.answer),
                                     answer.text.empty() ? "" : ", ", answer.text));
    return answer.answer;
  }

  // Asks for the removal of what is on the machine; true when the cluster says that it is gone.
  bool Remove(const Machine& machine, NodeId id) {
    const std::optional<Machine> asked = Somebody();
    if (!asked.has_value()) return false;
    leaving_[id] = machine.name;
    const Answer answer = Count(machine.name, absl::StrCat("remove, asking ", asked->name),
                                client_.Remove(asked->http, id));
    // Who is no member yet but runs may be let in at any moment: its data must not be wiped then.
    const bool is_out = machine.state != Machine::State::kDeployed;
    if (answer != Answer::kDone && !(answer == Answer::kMissing && is_out)) return false;
    leaving_.erase(id);
    return true;
  }

  // One step of what has to be done before anything else; false when there is nothing.
  bool Repair(const Members& members) {
    const std::vector<Machine> machines = room_.Machines();
    for (const Machine& machine : machines) {
      const bool leaving = machine.id != NodeId(0) && leaving_.contains(machine.id);
      const bool broken = machine.state == Machine::State::kBroken;
      if (machine.state == Machine::State::kSpare || !(leaving || broken)) continue;
      if (broken && !leaving && Voters(members) <= spec_.voters_min &&
          SubstituteUnderWay(members, machines)) {
        return true;
      }
      if (machine.id == NodeId(0) || Remove(machine, machine.id)) {
        room_.Retire(machine.name);
        // What was broken is mended by putting an empty disk in.
        if (broken) room_.Deploy(machine.name);
      }
      return true;
    }
    return state_.finish && RemoveGhost(members, machines);
  }

  // Adds a spare, unless one is about to join already. False when there is none.
  bool SubstituteUnderWay(const Members& members, const std::vector<Machine>& machines) {
    for (const Machine& machine : machines) {
      const MemberReply* member = Find(members, machine.id);
      // Who is leaving may be out already, and will never be one.
      if (machine.state != Machine::State::kDeployed || leaving_.contains(machine.id)) continue;
      if (member == nullptr || !member->voter) return true;
    }
    for (const Machine& machine : machines) {
      if (machine.state != Machine::State::kSpare) continue;
      room_.Note(machine.name, "add, in place of a broken one");
      room_.Deploy(machine.name);
      return true;
    }
    return false;
  }

  // A member that runs nowhere any more.
  bool RemoveGhost(const Members& members, const std::vector<Machine>& machines) {
    for (const MemberReply& member : members) {
      const bool runs = std::any_of(machines.begin(), machines.end(), [&](const Machine& m) {
        return m.state == Machine::State::kDeployed && (m.id == member.id || m.id == NodeId(0));
      });
      if (runs) continue;
      const std::optional<Machine> asked = Somebody();
      if (!asked.has_value()) return true;
      Count(asked->name, absl::StrCat("remove the ghost ", ToHex(member.id.value)),
            client_.Remove(asked->http, member.id));
      return true;
    }
    return false;
  }

  std::string Unsettled(const Members& members) const {
    for (const Machine& machine : room_.Machines()) {
      if (machine.state == Machine::State::kSpare) continue;
      if (machine.state == Machine::State::kBroken) return machine.name + " is broken";
      const MemberReply* member = Find(members, machine.id);
      if (member == nullptr) return machine.name + " is no member";
      if (!member->voter) return machine.name + " is no voter";
    }
    return "";
  }

  void Act(const Members& members) {
    const std::pair<uint32_t, void (Person::*)(const Members&)> actions[] = {
        {spec_.transfer, &Person::Transfer}, {spec_.remove, &Person::RemoveOne},
        {spec_.add, &Person::Add},           {spec_.snapshot, &Person::Snapshot},
        {spec_.readmit, &Person::Readmit},
    };
    uint64_t total = 0;
    for (const auto& [weight, action] : actions) total += weight;
    uint64_t draw = random_.Below(std::max<uint64_t>(1, total));
    for (const auto& [weight, action] : actions) {
      if (draw < weight) return (this->*action)(members);
      draw -= weight;
    }
  }

  void Transfer(const Members& members) {
    const std::optional<Machine> asked = Somebody();
    if (!asked.has_value()) return;
    NodeId to;
    if (random_.Chance(1, 2)) to = members[random_.Below(members.size())].id;
    Count(asked->name, absl::StrCat("transfer to ", to == NodeId(0) ? "anybody" : NameOf(to)),
          client_.Transfer(asked->http, to));
  }

  std::string NameOf(NodeId id) const {
    for (const Machine& machine : room_.Machines()) {
      if (machine.id == id) return machine.name;
    }
    return ToHex(id.value);
  }

  // Somebody whom the cluster can do without.
  std::optional<Machine> Dispensable(const Members& members) {
    std::vector<Machine> machines = room_.Machines();
    std::erase_if(machines, [&](const Machine& machine) {
      const MemberReply* member = Find(members, machine.id);
      return machine.state != Machine::State::kDeployed || member == nullptr ||
             (member->voter && Voters(members) <= spec_.voters_min);
    });
    if (machines.empty()) return std::nullopt;
    return machines[random_.Below(machines.size())];
  }

  void RemoveOne(const Members& members) {
    const std::optional<Machine> machine = Dispensable(members);
    if (!machine.has_value() || !Remove(*machine, machine->id)) return;
    if (random_.Chance(1, 2)) {
      const Duration more(static_cast<int64_t>(random_.Below(kLinger.count())));
      if (!env_.Sleep(more).ok()) return;
    }
    room_.Retire(machine->name);
  }

  void Readmit(const Members& members) {
    const std::optional<Machine> machine = Dispensable(members);
    if (!machine.has_value() || !Remove(*machine, machine->id)) return;
    room_.RestoreBackup(machine->name);
    // It asks for membership by itself, and must not get it.
    if (!env_.Sleep(kLinger).ok()) return;
    const std::optional<Machine> member = Somebody();
    if (member.has_value()) {
      Count(machine->name, absl::StrCat("join again through ", member->name),
            client_.Join(machine->http, member->rpc));
    }
    if (!env_.Sleep(kLinger).ok()) return;
    room_.Retire(machine->name);
  }

  void Add(const Members&) {
    std::vector<Machine> machines = room_.Machines();
    std::erase_if(machines, [](const Machine& m) { return m.state != Machine::State::kSpare; });
    if (machines.empty()) return;
    const std::string name = machines[random_.Below(machines.size())].name;
    room_.Note(name, "add");
    room_.Deploy(name);
  }

  void Snapshot(const Members&) {
    const std::optional<Machine> asked = Somebody();
    if (asked.has_value()) Count(asked->name, "snapshot", client_.Snapshot(asked->http));
  }

  const env::Env env_;
  const OperatorSpec& spec_;
  MachineRoom& room_;
  OperatorState& state_;
  const OperatorClient client_;
  env::Random pauses_;  // and what the streams of turns are forked from
  env::Random random_;  // of the turn
  uint64_t drawn_turns_ = 0;
  uint64_t finish_turns_ = 0;
  size_t given_ = 0;  // position in spec_.turns
  // Whose removal was asked for, without an answer that it is done.
  std::map<NodeId, std::string> leaving_;
};

}  // namespace

void RunOperator(const env::Env& env, const OperatorSpec& spec, MachineRoom& room,
                 OperatorState& state) {
  Person(env, spec, room, state).Run();
}

}  // namespace konsul::workloads
