#include "cmd/konsulctl/input.h"

#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace konsul::ctl {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return absl::NotFoundError(absl::StrCat("Error! Cannot read the file ", path));
  }
  return content;
}

absl::StatusOr<std::string> ReadValue(const std::string& argument) {
  if (argument == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!absl::StartsWith(argument, "@")) return argument;
  return ReadFile(argument.substr(1));
}

}  // namespace konsul::ctl
