#include "cmd/agent/advice.h"

#include <cstdint>
#include <filesystem>
#include <system_error>

#include "absl/strings/ascii.h"
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

// A full disk shows itself as many errors (LMDB reports a short write as EIO), so it is asked.
bool IsFull(const std::string& directory) {
  constexpr uintmax_t kHardlyAnything = 1 << 20;
  std::error_code error;
  std::filesystem::space_info space = std::filesystem::space(directory, error);
  return !error && space.available < kHardlyAnything;
}

}  // namespace

std::string Advice(const absl::Status& error, const Config& config) {
  if (!config.data_dir.empty() && IsFull(config.data_dir)) {
    return absl::StrCat("no space left on the file system of ", config.data_dir,
                        "; make room and start again, nothing acknowledged is lost");
  }
  absl::string_view message = error.message();
  if (absl::StrContains(absl::AsciiStrToLower(message), "address already in use")) {
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
