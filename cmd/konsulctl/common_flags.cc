#include "cmd/konsulctl/common_flags.h"

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsulctl/input.h"
#include "core/base/status.h"

namespace konsul::ctl {

using flags::Kind;

std::vector<flags::Flag> GlobalFlags() {
  return {{"http-addr", Kind::kString, "ADDR",
           "The server's HTTP address. Default: KONSUL_HTTP_ADDR or CONSUL_HTTP_ADDR from the "
           "environment, else 127.0.0.1:8500."},
          {"token", Kind::kString, "TOKEN",
           "Sent with every request. Default: KONSUL_HTTP_TOKEN or CONSUL_HTTP_TOKEN."},
          {"token-file", Kind::kString, "FILE",
           "A file that holds the token. Default: KONSUL_HTTP_TOKEN_FILE or "
           "CONSUL_HTTP_TOKEN_FILE."},
          {"datacenter", Kind::kString, "NAME", "Default: the one of the server."},
          {"format",
           Kind::kString,
           "FORMAT",
           "pretty (for people, the default) or json.",
           {"pretty", "json"}}};
}

std::vector<flags::Flag> WithReadFlags(std::vector<flags::Flag> own) {
  own.push_back(
      {"stale", Kind::kBool, "", "Let any server answer from what it has; may be outdated."});
  own.push_back({"consistent", Kind::kBool, "",
                 "Have a quorum confirm the leader first. The default is as exact here."});
  return own;
}

flags::Flag ShellFlag() {
  return {"shell", Kind::kBool, "",
          "Have $SHELL, or else /bin/sh, run the words of COMMAND as one line (the default); "
          "-shell=false runs the program itself."};
}

bool WantsJson(const flags::Parsed& parsed) { return parsed.Get("format") == "json"; }

absl::StatusOr<std::vector<http::QueryParameter>> WithMode(
    const flags::Parsed& parsed, std::vector<http::QueryParameter> query) {
  const bool stale = parsed.GetBool("stale");
  const bool consistent = parsed.GetBool("consistent");
  if (stale && consistent) {
    return absl::InvalidArgumentError("-stale and -consistent contradict each other");
  }
  if (stale) query.push_back({"stale", ""});
  if (consistent) query.push_back({"consistent", ""});
  return query;
}

absl::StatusOr<std::string> NumberOf(const flags::Parsed& parsed, const std::string& flag) {
  std::string text = parsed.Get(flag, "0");
  if (!flags::ParseNumber(text, 0, UINT64_MAX)) {
    return absl::InvalidArgumentError(absl::StrCat("-", flag, ": \"", text, "\" is not a number"));
  }
  return text;
}

std::vector<std::string> ProgramOf(const flags::Parsed& parsed,
                                   const std::vector<std::string>& words) {
  if (parsed.Get("shell", "true") == "false") return words;
  const char* shell = std::getenv("SHELL");
  return {shell == nullptr || *shell == '\0' ? "/bin/sh" : shell, "-c", absl::StrJoin(words, " ")};
}

std::optional<std::string> Variable(const Variables& variables, const std::string& name) {
  for (const char* prefix : {"KONSUL_", "CONSUL_"}) {
    std::optional<std::string> value = variables(absl::StrCat(prefix, name));
    if (value && !value->empty()) return value;
  }
  return std::nullopt;
}

absl::StatusOr<std::string> ServerAddress(const flags::Parsed& parsed, const Variables& variables) {
  const std::optional<std::string> tls = Variable(variables, "HTTP_SSL");
  if (tls && flags::ParseBool(*tls).value_or(true)) {
    return absl::InvalidArgumentError("the environment wants TLS (HTTP_SSL), not spoken yet");
  }
  if (parsed.Has("http-addr")) return parsed.Get("http-addr");
  return Variable(variables, "HTTP_ADDR").value_or("127.0.0.1:8500");
}

absl::StatusOr<Api::Options> ApiOptions(const flags::Parsed& parsed, const Variables& variables) {
  Api::Options options{.token = parsed.Get("token"), .datacenter = parsed.Get("datacenter")};
  std::string file = parsed.Get("token-file");
  if (options.token.empty() && file.empty()) {
    options.token = Variable(variables, "HTTP_TOKEN").value_or("");
    file = Variable(variables, "HTTP_TOKEN_FILE").value_or("");
  }
  if (options.token.empty() && !file.empty()) {
    KONSUL_ASSIGN_OR_RETURN(const std::string content, ReadFile(file));
    options.token = std::string(absl::StripAsciiWhitespace(content));
  }
  return options;
}

}  // namespace konsul::ctl
