// konsulctl: asks a running server over its HTTP API.
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "cmd/konsulctl/app.h"

namespace {

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int argc, char** argv) {
  return konsul::ctl::Main(std::vector<std::string>(argv + 1, argv + argc), Environment);
}
