#include "sim/trace.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::sim {
namespace {

std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      absl::StrAppendFormat(&out, "\\u%04x", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace

absl::string_view EventKindName(EventKind kind) {
  switch (kind) {
    case EventKind::kCall:
      return "call";
    case EventKind::kRun:
      return "run";
    case EventKind::kTimer:
      return "timer";
    case EventKind::kDial:
      return "dial";
    case EventKind::kSegment:
      return "segment";
    case EventKind::kReset:
      return "reset";
    case EventKind::kHeld:
      return "held";
    case EventKind::kDatagram:
      return "datagram";
    case EventKind::kDrop:
      return "drop";
    case EventKind::kDisk:
      return "disk";
    case EventKind::kDiskFault:
      return "disk-fault";
    case EventKind::kProcess:
      return "process";
    case EventKind::kClock:
      return "clock";
    case EventKind::kLink:
      return "link";
    case EventKind::kNote:
      return "note";
  }
  return "?";
}

std::string ToJson(const TraceRecord& record) {
  // The payload is a full 64-bit number, which many readers of JSON would round: it goes as text.
  return absl::StrCat(
      "{\"n\":", record.number, ",\"ns\":", record.time.ns, ",\"host\":", record.host.value,
      ",\"kind\":\"", EventKindName(record.kind), "\",\"payload\":\"", ToHex(record.payload),
      "\",\"detail\":", Quoted(record.detail), ",\"hash\":\"", record.hash.ToHex(), "\"}");
}

void Trace::Emit(Time time, HostId host, EventKind kind, uint64_t payload,
                 absl::string_view detail) {
  sink_(TraceRecord{events_, time, host, kind, payload, hash_.value(), detail});
}

}  // namespace konsul::sim
