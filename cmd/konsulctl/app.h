// The program: command line in, exit code out.
#ifndef KONSUL_CMD_KONSULCTL_APP_H_
#define KONSUL_CMD_KONSULCTL_APP_H_

#include <string>
#include <vector>

#include "cmd/konsulctl/common_flags.h"

namespace konsul::ctl {

// Runs the command that `args` (without the program's name) asks for, on standard output and error.
// Blocks.
int Main(const std::vector<std::string>& args, const Variables& variables);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_APP_H_
