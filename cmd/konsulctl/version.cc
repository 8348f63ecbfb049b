#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"

namespace konsul::ctl {
namespace {

absl::StatusOr<Outcome> RunVersion(const flags::Parsed& parsed) {
  if (WantsJson(parsed)) return Outcome::Ok("{\"Version\":\"" KONSUL_VERSION "\"}\n");
  return Outcome::Ok("Konsul v" KONSUL_VERSION "\n");
}

}  // namespace

Command VersionCommand() {
  return {"version", "", "Print the version of this program.", {}, 0, 0, RunVersion};
}

}  // namespace konsul::ctl
