// A host's log lines, with the world's time, for the trace, the report and the tests.
#ifndef KONSUL_SIM_LOG_RING_H_
#define KONSUL_SIM_LOG_RING_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "core/base/log.h"
#include "sim/engine.h"
#include "sim/types.h"

namespace konsul::sim {

struct LogLine {
  Time time;
  HostId host;
  LogLevel level = LogLevel::kInfo;
  std::string component;
  std::string message;
  std::string fields;  // "key=value key=value"

  // "    12.345678s h2 warn  raft: message key=value"
  std::string ToString() const;
};

// One per host. Keeps the newest lines; lines of a process that is being killed are not kept. The
// level changes what is kept and nothing else.
class LogRing : public Logger {
 public:
  using Sink = std::function<void(const LogLine&)>;

  LogRing(Engine& engine, HostId host) : engine_(engine), host_(host) {}

  bool Enabled(LogLevel level) const override { return !muted_ && level >= level_; }
  void Write(LogLevel level, absl::string_view component, absl::string_view message,
             absl::Span<const LogField> fields) override;

  void SetLevel(LogLevel level) { level_ = level; }
  void SetCapacity(size_t lines) { capacity_ = lines; }
  // Sees every line as it is written; must not touch the world.
  void SetSink(Sink sink) { sink_ = std::move(sink); }
  void SetMuted(bool muted) { muted_ = muted; }  // for Host

  const std::deque<LogLine>& lines() const { return lines_; }

 private:
  Engine& engine_;
  const HostId host_;
  LogLevel level_ = LogLevel::kInfo;
  size_t capacity_ = 1000;
  bool muted_ = false;
  Sink sink_;
  std::deque<LogLine> lines_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_LOG_RING_H_
