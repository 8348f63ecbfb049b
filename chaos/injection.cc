#include "chaos/injection.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "chaos/values.h"

namespace konsul::chaos {

const char* KindName(Injection::Kind kind) {
  switch (kind) {
    case Injection::Kind::kSkipped:
      return "skipped";
    case Injection::Kind::kCut:
      return "cut";
    case Injection::Kind::kNetem:
      return "netem";
    case Injection::Kind::kReset:
      return "reset";
    case Injection::Kind::kClog:
      return "clog";
    case Injection::Kind::kHalfOpen:
      return "half-open";
    case Injection::Kind::kKill:
      return "kill";
    case Injection::Kind::kPowerLoss:
      return "power-loss";
    case Injection::Kind::kWipe:
      return "wipe";
    case Injection::Kind::kRestart:
      return "restart";
    case Injection::Kind::kPause:
      return "pause";
    case Injection::Kind::kSlow:
      return "slow";
    case Injection::Kind::kNoDescriptors:
      return "no-descriptors";
    case Injection::Kind::kClock:
      return "clock";
    case Injection::Kind::kIoFault:
      return "io-fault";
    case Injection::Kind::kIoLatency:
      return "io-latency";
    case Injection::Kind::kIoStall:
      return "io-stall";
    case Injection::Kind::kIoRot:
      return "io-rot";
    case Injection::Kind::kIoMisdirect:
      return "io-misdirect";
    case Injection::Kind::kOperator:
      return "operator";
    case Injection::Kind::kEnd:
      return "end";
  }
  return "?";
}

bool ConcernsLinks(Injection::Kind kind) {
  using Kind = Injection::Kind;
  return kind == Kind::kCut || kind == Kind::kNetem || kind == Kind::kReset ||
         kind == Kind::kClog || kind == Kind::kHalfOpen;
}

std::string Describe(const Injection& injection) {
  std::string out = absl::StrFormat("%12.6fs #%d %s: %s", ToSeconds(injection.at), injection.id,
                                    injection.fault, KindName(injection.kind));
  if (!injection.targets.empty()) {
    absl::StrAppend(&out, " ", absl::StrJoin(injection.targets, " "));
  }
  for (const Link& link : injection.links) {
    absl::StrAppend(&out, " ", link.from, "->", link.to);
  }
  for (const int64_t drift : injection.drift_ppm) absl::StrAppend(&out, " drift=", drift, "ppm");
  for (const auto& [name, value] : injection.strength) {
    absl::StrAppend(&out, " ", name, "=", value);
  }
  if (injection.lasts != Duration::max()) {
    absl::StrAppend(&out, " for ", FormatDuration(injection.lasts));
  }
  if (!injection.why.empty()) absl::StrAppend(&out, " (", injection.why, ")");
  return out;
}

std::string JsonString(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string ToJson(const Injection& injection) {
  const auto quote = [](std::string* out, const std::string& text) { *out += JsonString(text); };
  std::string out =
      absl::StrCat("{\"id\":", injection.id, ",\"at_ns\":", injection.at.count(), ",\"kind\":\"",
                   KindName(injection.kind), "\",\"fault\":", JsonString(injection.fault));
  if (!injection.targets.empty()) {
    absl::StrAppend(&out, ",\"targets\":[", absl::StrJoin(injection.targets, ",", quote), "]");
  }
  if (!injection.links.empty()) {
    absl::StrAppend(&out, ",\"links\":[",
                    absl::StrJoin(injection.links, ",",
                                  [](std::string* s, const Link& link) {
                                    absl::StrAppend(s, "[", JsonString(link.from), ",",
                                                    JsonString(link.to), "]");
                                  }),
                    "]");
  }
  if (!injection.drift_ppm.empty()) {
    absl::StrAppend(&out, ",\"drift_ppm\":[", absl::StrJoin(injection.drift_ppm, ","), "]");
  }
  if (!injection.strength.empty()) {
    absl::StrAppend(&out, ",\"strength\":{",
                    absl::StrJoin(injection.strength, ",",
                                  [](std::string* s, const auto& one) {
                                    absl::StrAppend(s, JsonString(one.first), ":",
                                                    JsonString(one.second));
                                  }),
                    "}");
  }
  if (injection.lasts != Duration::max()) {
    absl::StrAppend(&out, ",\"lasts_ns\":", injection.lasts.count());
  }
  if (!injection.why.empty()) absl::StrAppend(&out, ",\"why\":", JsonString(injection.why));
  return out + "}";
}

}  // namespace konsul::chaos
