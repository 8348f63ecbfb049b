// Runs konsul-sim as people do.
#ifndef KONSUL_TESTS_SIM_SIM_COMMAND_SUPPORT_H_
#define KONSUL_TESTS_SIM_SIM_COMMAND_SUPPORT_H_

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace konsul {

struct Output {
  int code = -1;
  std::string text;  // of both streams
};

inline Output Sim(const std::string& arguments) {
  const std::string command = absl::StrCat(KONSUL_SIM_BINARY, " ", arguments, " 2>&1");
  Output out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer;
  while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    out.text.append(buffer.data(), n);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) out.code = WEXITSTATUS(status);
  return out;
}

}  // namespace konsul

#endif  // KONSUL_TESTS_SIM_SIM_COMMAND_SUPPORT_H_
