// One explicit record of what was done to whom and when. A seed makes a list of these; the list is
// what runs, what is printed, and what a shrinker removes items from.
#ifndef KONSUL_CHAOS_INJECTION_H_
#define KONSUL_CHAOS_INJECTION_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "chaos/experiment.h"
#include "core/base/time.h"

namespace konsul::chaos {

struct Injection {
  enum class Kind {
    kSkipped,   // would have exceeded the blast radius, or matched nobody
    kCut,       // links: nothing passes
    kNetem,     // links: slower and lossy
    kReset,     // links: connections end
    kClog,      // links: what is on its way waits
    kHalfOpen,  // links: the sender's side forgets its connections
    kKill,      // targets: the process dies
    kPowerLoss,
    kWipe,  // targets: the process dies and the disk is empty
    kRestart,
    kPause,
    kSlow,
    kNoDescriptors,
    kClock,
    kIoFault,
    kIoLatency,
    kIoStall,      // calls of the targets' disks hang
    kIoRot,        // bits of the targets' files change
    kIoMisdirect,  // a write of the targets lands in a wrong place
    kOperator,     // not a fault: what the operator did; `why` says it
    kEnd,          // of the injection `id`: its effect is taken back
  };
  uint64_t id = 0;  // begin and end of one fault share it; 0 of what was skipped
  Duration at{};
  Kind kind = Kind::kSkipped;
  std::string fault;        // its name in the file
  size_t fault_number = 0;  // its position in Experiment::faults
  // Of this occurrence, as the name of a random stream: the fault's own name when it happens once,
  // else with its number, "kill/3".
  std::string occurrence;
  std::vector<std::string> targets;
  std::vector<Link> links;
  std::vector<int64_t> drift_ppm;               // kClock: by target
  FaultBody body;                               // with the strengths of this run
  std::map<std::string, std::string> strength;  // what this run drew, by name: "20ms", "35"
  Duration lasts = Duration::max();
  std::string why;  // kSkipped, kOperator
};

const char* KindName(Injection::Kind kind);
// A fault of this kind is about `links`, and hurts no node.
bool ConcernsLinks(Injection::Kind kind);
// "  3.250s cut-leader: cut n1->n2 n1->n3 for 1.5s".
std::string Describe(const Injection& injection);
// One line of JSON without the newline.
std::string ToJson(const Injection& injection);
std::string JsonString(const std::string& text);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_INJECTION_H_
