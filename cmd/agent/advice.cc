#include "cmd/agent/advice.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace konsul::agent {
namespace {

std::string ForAddressInUse(absl::string_view message, const Config& config) {
  bool http = absl::StrContains(message, config.HttpAddress().ToString());
  uint16_t port = http ? config.http_port : config.server_port;
  return absl::StrCat("another process has that port; `ss -ltnp 'sport = :", port,
                      "'` names it. Stop it, or choose another ",
                      http ? "-http-port" : "-server-port", " or ", http ? "-client" : "-bind",
                      " address");
}

}  // namespace

std::string Advice(const absl::Status& error, const Config& config) {
  absl::string_view message = error.message();
  if (absl::StrContains(message, "address already in use")) {
    return ForAddressInUse(message, config);
  }
  switch (error.code()) {
    case absl::StatusCode::kPermissionDenied:
      return "run konsul as the user who owns it, or give that user access";
    case absl::StatusCode::kResourceExhausted:
      return "make room on that file system and start again; nothing acknowledged is lost";
    case absl::StatusCode::kDataLoss:
      return "nothing was changed. Keep a copy of the directory, check the disk; if the other "
             "servers "
             "of the cluster are well, they still hold everything acknowledged";
    default:
      return "";
  }
}

}  // namespace konsul::agent
