// Somebody who changes the cluster while it works, as people do with konsulctl or curl: hands the
// leadership over, removes servers and adds others, asks for snapshots, replaces machines whose
// disk is damaged.
//
// He knows only what the HTTP API tells him, and is as careful as the handbook asks him to be: he
// looks at the membership before each step, wipes a machine only when the cluster has said that it
// is not a member, and asks again when he got no answer. He is not more careful than that: servers
// go while others are down, two steps follow each other at once, and a removed server may go on
// running for a while.
#ifndef KONSUL_SIM_WORKLOADS_OPERATOR_H_
#define KONSUL_SIM_WORKLOADS_OPERATOR_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/env/env.h"

namespace konsul::workloads {

struct OperatorSpec {
  Duration interval = 1s;  // mean time between two actions
  // Weights.
  uint32_t transfer = 0;
  uint32_t remove = 0;
  uint32_t add = 0;
  uint32_t snapshot = 0;
  uint32_t readmit = 0;     // removes a server and tries to bring it back under its id
  uint32_t voters_min = 3;  // he removes nobody below that
  Duration timeout = 5s;    // of one request
  // Exactly these turns, until he only brings things to an end.
  std::optional<std::vector<chaos::Operator::Turn>> turns;
};

struct Machine {
  enum class State {
    kSpare,     // empty, off
    kDeployed,  // has a server, running or not
    kBroken,    // has a server that refuses to start, since its disk is damaged
  };
  std::string name;
  env::Endpoint http;
  env::Endpoint rpc;
  State state = State::kSpare;
  NodeId id;  // of the server on it, as far as it has shown itself; else 0
};

// What he does with his hands. Callable from fibers: what was asked for happens right afterwards.
class MachineRoom {
 public:
  virtual ~MachineRoom() = default;
  virtual std::vector<Machine> Machines() const = 0;
  // Starts a server that asks the others for membership, on an empty disk.
  virtual void Deploy(const std::string& machine) = 0;
  // Stops the server, wipes the disk: a spare from now on.
  virtual void Retire(const std::string& machine) = 0;
  // Starts the server on a disk that holds nothing but its identity, as a backup from its first day
  // has it. Only for machines whose server was removed: it has forgotten all that it promised.
  virtual void RestoreBackup(const std::string& machine) = 0;
  // For the record of the run.
  virtual void Note(const std::string& machine, const std::string& text) = 0;
};

// What he and the runner tell each other. Owned by the runner.
struct OperatorState {
  std::function<Duration()> now;  // since the start of the run
  bool pause = false;             // begin nothing
  bool busy = false;              // something has begun and has not ended
  bool finish = false;            // only bring to an end what has begun, and replace what is broken
  // What is left to do, for people; empty when every machine with a server on it is a voter.
  std::string waits_for = "an answer";
  bool stop = false;
  std::vector<chaos::Operator::Turn> turns;  // that he took until then
  uint64_t done = 0;                         // requests that the cluster says it has fulfilled
  uint64_t unknown = 0;                      // requests without an answer to rely upon
};

// On the calling fiber until `state.stop` or cancellation.
void RunOperator(const env::Env& env, const OperatorSpec& spec, MachineRoom& room,
                 OperatorState& state);

}  // namespace konsul::workloads

#endif  // KONSUL_SIM_WORKLOADS_OPERATOR_H_
