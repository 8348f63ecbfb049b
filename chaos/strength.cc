#include "chaos/strength.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chaos/values.h"
#include "chaos/write_values.h"
#include "core/base/status.h"

namespace konsul::chaos {
namespace {

using Slots = std::vector<StrengthSlot>;

template <typename T>
void Add(Slots& out, const char* name, Unit unit, T& value) {
  out.push_back({name, unit, [&value](uint64_t drawn) { value = static_cast<T>(drawn); }});
}

void AddTime(Slots& out, const char* name, Duration& value) {
  out.push_back({name, Unit::kDuration,
                 [&value](uint64_t drawn) { value = Duration(static_cast<int64_t>(drawn)); }});
}

// Where Chaos Mesh has a whole number of percent.
void AddWhole(Slots& out, const char* name, uint32_t& ppm) {
  out.push_back({name, Unit::kPercent, [&ppm](uint64_t drawn) {
                   ppm = std::max(1u, static_cast<uint32_t>(drawn / 10'000)) * 10'000;
                 }});
}

void AddNetwork(NetworkChaos& network, Slots& out) {
  if (network.flap > Duration::zero()) AddTime(out, "flap", network.flap);
  if (network.action != NetworkChaos::Action::kNetem) return;
  AddTime(out, "latency", network.latency);
  AddTime(out, "jitter", network.jitter);
  Add(out, "loss", Unit::kPercent, network.loss_ppm);
  Add(out, "rate", Unit::kRate, network.rate);
  Add(out, "duplicate", Unit::kPercent, network.duplicate_ppm);
  Add(out, "corrupt", Unit::kPercent, network.corrupt_ppm);
  Add(out, "reorder", Unit::kPercent, network.reorder_ppm);
  Add(out, "truncate", Unit::kPercent, network.truncate_ppm);
}

absl::StatusOr<uint64_t> ParseOne(Unit unit, absl::string_view text) {
  switch (unit) {
    case Unit::kDuration: {
      KONSUL_ASSIGN_OR_RETURN(const Duration value, ParseDuration(text));
      if (value < Duration::zero()) break;
      return static_cast<uint64_t>(value.count());
    }
    case Unit::kPercent:
      return ParsePercent(text);
    case Unit::kRate:
      return ParseBandwidth(text);
    case Unit::kPpm: {
      uint64_t value = 0;
      if (absl::SimpleAtoi(text, &value) && value <= 500'000) return value;
      break;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no strength"));
}

std::string FormatOne(Unit unit, uint64_t value) {
  switch (unit) {
    case Unit::kDuration:
      return FormatDuration(Duration(static_cast<int64_t>(value)));
    case Unit::kPercent: {
      const std::string quoted = Percent(value);
      return quoted.substr(1, quoted.size() - 2);
    }
    case Unit::kRate:
      return FormatBandwidth(value);
    case Unit::kPpm:
      return absl::StrCat(value);
  }
  return "";
}

}  // namespace

Slots SlotsOf(Fault& fault) {
  Slots out;
  if (auto* network = std::get_if<NetworkChaos>(&fault.body)) AddNetwork(*network, out);
  if (auto* process = std::get_if<ProcessChaos>(&fault.body)) {
    if (process->action == ProcessChaos::Action::kSlow) AddTime(out, "delay", process->delay);
    if (process->action == ProcessChaos::Action::kNoDescriptors) {
      AddWhole(out, "percent", process->percent_ppm);
    }
  }
  if (auto* time = std::get_if<TimeChaos>(&fault.body)) {
    // Into the direction that the body says.
    const int64_t sign = time->offset < Duration::zero() ? -1 : 1;
    out.push_back({"timeOffset", Unit::kDuration, [time, sign](uint64_t drawn) {
                     time->offset = Duration(sign * static_cast<int64_t>(drawn));
                   }});
    Add(out, "driftPpm", Unit::kPpm, time->drift_ppm);
  }
  if (auto* io = std::get_if<IoChaos>(&fault.body)) {
    if (io->action == IoChaos::Action::kLatency) AddTime(out, "delay", io->delay);
    if (io->action == IoChaos::Action::kFault) {
      AddWhole(out, "percent", io->percent_ppm);
    }
  }
  if (fault.duration.has_value()) AddTime(out, "duration", *fault.duration);
  return out;
}

absl::StatusOr<Strength> ParseStrength(Unit unit, absl::string_view text) {
  const std::vector<absl::string_view> ends = absl::StrSplit(text, '-');
  if (ends.size() > 2) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no range, like 1-2"));
  }
  Strength out;
  KONSUL_ASSIGN_OR_RETURN(out.low, ParseOne(unit, ends.front()));
  KONSUL_ASSIGN_OR_RETURN(out.high, ParseOne(unit, ends.back()));
  if (out.low <= out.high) return out;
  return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" ends before it begins"));
}

std::string FormatStrength(Unit unit, const Strength& strength) {
  return absl::StrCat("\"", FormatOne(unit, strength.low), "-", FormatOne(unit, strength.high),
                      "\"");
}

uint64_t DrawStrength(const Strength& strength, env::Random& random) {
  const uint64_t low = std::max<uint64_t>(strength.low, 1);
  if (strength.high <= low) return random.Next(), strength.high;
  const auto octaves = static_cast<uint64_t>(std::bit_width(strength.high / low));
  const uint64_t begin = low << random.Below(octaves);
  const uint64_t end = std::min(strength.high, begin * 2 - 1);
  const uint64_t drawn = random.Between(begin, end);
  // What begins with nothing may be nothing.
  return strength.low == 0 && drawn == 1 ? 0 : drawn;
}

Fault Strengthen(const Fault& fault, const env::Random& random,
                 std::map<std::string, std::string>& drawn) {
  Fault out = fault;
  for (const StrengthSlot& slot : SlotsOf(out)) {
    const auto it = fault.strength.find(slot.name);
    if (it == fault.strength.end()) continue;
    env::Random draw = random.Fork(slot.name);
    const uint64_t value = DrawStrength(it->second, draw);
    slot.set(value);
    drawn[slot.name] = FormatOne(slot.unit, value);
  }
  out.strength.clear();
  return out;
}

}  // namespace konsul::chaos
