#include "cmd/konsul/boot_id.h"

#include <fstream>

#include "absl/strings/str_cat.h"

namespace konsul::agent {

std::string BootId(env::Random random) {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id.empty() ? absl::StrCat("unknown-", random.Next()) : id;
}

}  // namespace konsul::agent
