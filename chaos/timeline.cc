#include "chaos/timeline.h"

#include <algorithm>
#include <array>
#include <bit>
#include <tuple>

namespace konsul::chaos {
namespace {

constexpr std::array<uint32_t, 6> kStrengths = {5, 12, 25, 50, 100, 100};
constexpr std::array<int64_t, 6> kSwarmMeansMs = {100, 200, 400, 800, 1600, 3200};

void AddEvery(const Experiment& experiment, size_t fault, env::Random random,
              std::vector<Occurrence>& out) {
  const Trigger& trigger = experiment.faults[fault].trigger;
  uint64_t number = 0;
  for (Duration t = trigger.at; t < experiment.duration; t += trigger.at) {
    const Duration jitter(
        static_cast<int64_t>(random.Below(static_cast<uint64_t>(trigger.jitter.count()) + 1)));
    if (t + jitter < experiment.duration) out.push_back({t + jitter, fault, number});
    ++number;
  }
}

void AddRandom(const Experiment& experiment, size_t fault, env::Random random,
               std::vector<Occurrence>& out) {
  const Duration mean = experiment.faults[fault].trigger.at;
  uint64_t number = 0;
  for (Duration t = DrawInterval(mean, random); t < experiment.duration;
       t += DrawInterval(mean, random)) {
    out.push_back({t, fault, number++});
  }
}

void AddSwarm(const Experiment& experiment, const env::Random& random, Timeline& out) {
  uint64_t total = 0;
  for (size_t i = 0; i < experiment.faults.size(); ++i) {
    const Trigger& trigger = experiment.faults[i].trigger;
    if (trigger.kind == Trigger::Kind::kSwarm && out.swarm[i].exists) total += trigger.weight;
  }
  if (total == 0) return;
  env::Random draw = random.Fork("swarm");
  out.swarm_mean = std::chrono::milliseconds(kSwarmMeansMs[draw.Below(kSwarmMeansMs.size())]);
  std::vector<uint64_t> numbers(experiment.faults.size(), 0);
  for (Duration t = DrawInterval(out.swarm_mean, draw); t < experiment.duration;
       t += DrawInterval(out.swarm_mean, draw)) {
    uint64_t at_weight = draw.Below(total);
    for (size_t i = 0; i < experiment.faults.size(); ++i) {
      const Trigger& trigger = experiment.faults[i].trigger;
      if (trigger.kind != Trigger::Kind::kSwarm || !out.swarm[i].exists) continue;
      if (at_weight < trigger.weight) {
        out.occurrences.push_back({t, i, numbers[i]++});
        break;
      }
      at_weight -= trigger.weight;
    }
  }
}

}  // namespace

Duration DrawInterval(Duration mean, env::Random& random) {
  // -ln(u) is about (leading zeros + mantissa correction) * ln 2; a piecewise linear stand-in for
  // the exponential distribution with the same mean.
  const uint64_t bits = random.Next() | (uint64_t{1} << 52);
  const int zeros = std::countl_zero(bits);
  // Position inside the octave, in 1/1024: 0 at its upper end.
  const uint64_t rest = 1023 - ((bits << (zeros + 1)) >> 54);
  const uint64_t log2_1024ths = static_cast<uint64_t>(zeros) * 1024 + rest;
  // mean * log2 * ln 2 (710/1024).
  __extension__ using Wide = __int128;
  const Wide ns =
      static_cast<Wide>(mean.count()) * static_cast<Wide>(log2_1024ths * 710) / (Wide{1024} * 1024);
  return Duration(std::max<int64_t>(1, static_cast<int64_t>(ns)));
}

Duration DrawIn(const DurationRange& range, env::Random& random) {
  const uint64_t span = static_cast<uint64_t>((range.high - range.low).count());
  return range.low + Duration(static_cast<int64_t>(random.Below(span + 1)));
}

Timeline MakeTimeline(const Experiment& experiment, const env::Random& random) {
  Timeline out;
  out.swarm.resize(experiment.faults.size());
  for (size_t i = 0; i < experiment.faults.size(); ++i) {
    const Fault& fault = experiment.faults[i];
    const env::Random stream = random.Fork(fault.name);
    if (experiment.swarm) {
      env::Random draw = stream.Fork("strength");
      // Others than swarm faults exist always; after-faults of a swarm run are part of the swarm.
      const bool part = fault.trigger.kind == Trigger::Kind::kSwarm ||
                        fault.trigger.kind == Trigger::Kind::kAfter;
      out.swarm[i].exists = !part || draw.Chance(1, 2);
      if (part) out.swarm[i].percent = kStrengths[draw.Below(kStrengths.size())];
    }
    switch (fault.trigger.kind) {
      case Trigger::Kind::kAt:
        if (fault.trigger.at < experiment.duration) {
          out.occurrences.push_back({fault.trigger.at, i, 0});
        }
        break;
      case Trigger::Kind::kEvery:
        AddEvery(experiment, i, stream.Fork("times"), out.occurrences);
        break;
      case Trigger::Kind::kRandom:
        AddRandom(experiment, i, stream.Fork("times"), out.occurrences);
        break;
      case Trigger::Kind::kAfter:
      case Trigger::Kind::kSwarm:
        break;
    }
  }
  AddSwarm(experiment, random, out);
  std::sort(out.occurrences.begin(), out.occurrences.end(),
            [](const Occurrence& a, const Occurrence& b) {
              return std::tie(a.at, a.fault, a.number) < std::tie(b.at, b.fault, b.number);
            });
  return out;
}

}  // namespace konsul::chaos
