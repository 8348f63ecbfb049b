#include "cmd/agent/logger.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace konsul::agent {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return spdlog::level::trace;
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

class FunctionSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit FunctionSink(LogOutput output) : output_(std::move(output)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    output_(absl::string_view(line.data(), line.size()));
  }
  void flush_() override {}

 private:
  LogOutput output_;
};

// Bytes of a valid UTF-8 sequence at the start of `text`; 0 when there is none. Overlong forms and
// surrogates pass: harmless in a log line.
size_t Utf8Length(absl::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t length = byte(0) < 0x80       ? 1
                  : byte(0) >> 5 == 6  ? 2
                  : byte(0) >> 4 == 14 ? 3
                  : byte(0) >> 3 == 30 ? 4
                                       : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return 0;
  }
  return length;
}

// Foreign bytes get into log lines (a peer's name, an HTTP request). One line stays one line, and
// valid UTF-8; `json` also escapes what would end a JSON text.
void AppendEscaped(absl::string_view text, bool json, std::string& out) {
  while (!text.empty()) {
    unsigned char c = static_cast<unsigned char>(text[0]);
    size_t length = Utf8Length(text);
    if (length == 0 || c < 0x20 || c == 0x7f) {
      length = 1;
      if (json) {
        absl::StrAppendFormat(&out, "\\u%04x", c);
      } else if (c == '\n') {
        out += "\\n";
      } else {
        absl::StrAppendFormat(&out, "\\x%02x", c);
      }
    } else {
      if (json && (c == '"' || c == '\\')) out += '\\';
      out.append(text.data(), length);
    }
    text.remove_prefix(length);
  }
}

void AppendQuoted(absl::string_view text, std::string& out) {
  out += '"';
  AppendEscaped(text, true, out);
  out += '"';
}

class SpdlogLogger final : public AgentLogger {
 public:
  SpdlogLogger(const env::Clock& clock, const LogOptions& options, spdlog::sink_ptr sink)
      : clock_(clock), json_(options.json), log_("konsul", std::move(sink)) {
    const char* pattern =
        json_ ? R"({"@timestamp":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v";
    log_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    log_.set_level(ToSpdlog(options.level));
    log_.flush_on(spdlog::level::trace);
  }

  void SetLevel(LogLevel level) override { log_.set_level(ToSpdlog(level)); }

  bool Enabled(LogLevel level) const override { return log_.should_log(ToSpdlog(level)); }

  void Write(LogLevel level, absl::string_view component, absl::string_view message,
             absl::Span<const LogField> fields) override {
    std::string line =
        json_ ? Json(level, component, message, fields) : Text(level, component, message, fields);
    spdlog::log_clock::time_point now(std::chrono::duration_cast<spdlog::log_clock::duration>(
        std::chrono::nanoseconds(clock_.WallNow().ns)));
    log_.log(now, spdlog::source_loc{}, ToSpdlog(level),
             spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  static std::string Text(LogLevel level, absl::string_view component, absl::string_view message,
                          absl::Span<const LogField> fields) {
    std::string line = absl::StrFormat(
        "%-7s %s: ", absl::StrCat("[", absl::AsciiStrToUpper(LogLevelName(level)), "]"), component);
    AppendEscaped(message, false, line);
    if (!fields.empty()) line += ':';
    for (const LogField& field : fields) {
      absl::StrAppend(&line, " ", field.key, "=");
      bool plain = !field.value.empty() && field.value.find_first_of(" \"=") == std::string::npos;
      if (plain) {
        AppendEscaped(field.value, false, line);
      } else {
        AppendQuoted(field.value, line);
      }
    }
    return line;
  }

  static std::string Json(LogLevel level, absl::string_view component, absl::string_view message,
                          absl::Span<const LogField> fields) {
    std::string line = absl::StrCat(R"("@level":")", LogLevelName(level), R"(","@module":)");
    AppendQuoted(component, line);
    line += R"(,"@message":)";
    AppendQuoted(message, line);
    for (const LogField& field : fields) {
      line += ',';
      AppendQuoted(field.key, line);
      line += ':';
      AppendQuoted(field.value, line);
    }
    return line;
  }

  const env::Clock& clock_;
  bool json_;
  spdlog::logger log_;
};

}  // namespace

std::unique_ptr<AgentLogger> MakeLogger(const env::Clock& clock, const LogOptions& options,
                                        LogOutput output) {
  spdlog::sink_ptr sink;
  if (output) {
    sink = std::make_shared<FunctionSink>(std::move(output));
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
  }
  return std::make_unique<SpdlogLogger>(clock, options, std::move(sink));
}

}  // namespace konsul::agent
