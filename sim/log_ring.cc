#include "sim/log_ring.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::sim {

std::string LogLine::ToString() const {
  std::string text = absl::StrFormat("%4d.%06ds h%d %-5s %s: %s", time.ns / 1'000'000'000,
                                     time.ns / 1000 % 1'000'000, host.value, LogLevelName(level),
                                     component, message);
  if (!fields.empty()) absl::StrAppend(&text, " ", fields);
  return text;
}

void LogRing::Write(LogLevel level, absl::string_view component, absl::string_view message,
                    absl::Span<const LogField> fields) {
  if (!Enabled(level)) return;
  LogLine line{engine_.now(), host_, level, std::string(component), std::string(message), ""};
  for (const LogField& field : fields) {
    absl::StrAppend(&line.fields, line.fields.empty() ? "" : " ", field.key, "=", field.value);
  }
  if (sink_) sink_(line);
  lines_.push_back(std::move(line));
  while (lines_.size() > capacity_) lines_.pop_front();
}

}  // namespace konsul::sim
