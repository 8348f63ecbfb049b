// Log lines for people and for machines, through an interface that is handed in: the process writes
// text or JSON lines to stderr (cmd/konsul), the simulator keeps them with virtual time, tests
// capture them.
#ifndef KONSUL_CORE_BASE_LOG_H_
#define KONSUL_CORE_BASE_LOG_H_

#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace konsul {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };

// "trace", "debug", "info", "warn", "error".
absl::string_view LogLevelName(LogLevel level);

// A named value beside the message, so that nobody has to parse the message.
struct LogField {
  LogField(absl::string_view k, absl::AlphaNum v) : key(k), value(v.Piece()) {}
  absl::string_view key;
  std::string value;
};

class Logger {
 public:
  virtual ~Logger() = default;

  // True when a line of this level would be kept; lets callers skip costly arguments.
  virtual bool Enabled(LogLevel level) const = 0;
  // `component` is a short fixed word: raft, wal, rpc, http, agent.
  virtual void Write(LogLevel level, absl::string_view component, absl::string_view message,
                     absl::Span<const LogField> fields) = 0;

  void Debug(absl::string_view component, absl::string_view message,
             std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kDebug, component, message, fields);
  }
  void Info(absl::string_view component, absl::string_view message,
            std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kInfo, component, message, fields);
  }
  void Warn(absl::string_view component, absl::string_view message,
            std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kWarn, component, message, fields);
  }
  void Error(absl::string_view component, absl::string_view message,
             std::initializer_list<LogField> fields = {}) {
    Log(LogLevel::kError, component, message, fields);
  }

 private:
  void Log(LogLevel level, absl::string_view component, absl::string_view message,
           std::initializer_list<LogField> fields) {
    if (Enabled(level)) Write(level, component, message, fields);
  }
};

// Keeps nothing.
Logger& NullLogger();

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_LOG_H_
