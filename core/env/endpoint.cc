#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/env/network.h"

namespace konsul::env {
namespace {

absl::StatusOr<Endpoint> ParseWith(absl::string_view text, int default_port) {
  const auto bad = [&](absl::string_view why) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not an address like 127.0.0.1:8300 or [::1]:8300: ", why));
  };
  absl::string_view host = text;
  absl::string_view port;
  bool has_port = false;
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find(']');
    if (close == absl::string_view::npos) return bad("the bracket is not closed");
    host = text.substr(1, close - 1);
    const absl::string_view rest = text.substr(close + 1);
    if (!rest.empty()) {
      if (rest.front() != ':') return bad("a port must follow the bracket");
      port = rest.substr(1);
      has_port = true;
    }
  } else if (const size_t colon = text.find(':');
             colon != absl::string_view::npos &&
             text.find(':', colon + 1) == absl::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return bad("the host is missing");
  int number = default_port;
  if (has_port && (!absl::SimpleAtoi(port, &number) || number < 0 || number > 65535)) {
    return bad("the port must be a number from 0 to 65535");
  }
  if (number < 0) return bad("the port is missing");
  return Endpoint{std::string(host), static_cast<uint16_t>(number)};
}

}  // namespace

std::string Endpoint::ToString() const {
  return host.find(':') == std::string::npos ? absl::StrCat(host, ":", port)
                                             : absl::StrCat("[", host, "]:", port);
}

absl::StatusOr<Endpoint> Endpoint::Parse(absl::string_view text) { return ParseWith(text, -1); }

absl::StatusOr<Endpoint> Endpoint::Parse(absl::string_view text, uint16_t default_port) {
  return ParseWith(text, default_port);
}

}  // namespace konsul::env
