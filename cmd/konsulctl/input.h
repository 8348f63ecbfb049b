// What people hand to a command: a value, a file, or standard input.
#ifndef KONSUL_CMD_KONSULCTL_INPUT_H_
#define KONSUL_CMD_KONSULCTL_INPUT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::ctl {

// NotFound "Error! ..." names the file.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// The content of "@FILE", of standard input for "-", else the argument itself. Blocks.
absl::StatusOr<std::string> ReadValue(const std::string& argument);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_INPUT_H_
