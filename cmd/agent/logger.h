// The agent's log: lines on standard error, as text for people or JSON for machines.
//
//   2024-05-01T12:00:00.123Z [INFO]  raft: became leader: term=3
//   {"@timestamp":"2024-05-01T12:00:00.123Z","@level":"info","@module":"raft",
//    "@message":"became leader","term":"3"}
#ifndef KONSUL_CMD_AGENT_LOGGER_H_
#define KONSUL_CMD_AGENT_LOGGER_H_

#include <functional>
#include <memory>
#include <string>

#include "core/base/log.h"
#include "core/env/clock.h"

namespace konsul::agent {

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  bool json = false;
};

// A log whose level can change while the process runs.
class AgentLogger : public Logger {
 public:
  virtual void SetLevel(LogLevel level) = 0;
};

// Takes one finished line with its newline. Tests hand in their own.
using LogOutput = std::function<void(absl::string_view line)>;

// Lines carry the clock's wall time. `clock` must outlive the logger. Without `output`, standard
// error. One thread only.
std::unique_ptr<AgentLogger> MakeLogger(const env::Clock& clock, const LogOptions& options,
                                        LogOutput output = nullptr);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_LOGGER_H_
