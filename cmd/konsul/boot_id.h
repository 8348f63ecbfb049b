// Which boot of this machine this is: the tables do not outlive it (docs/formats/tables.md).
#ifndef KONSUL_CMD_KONSUL_BOOT_ID_H_
#define KONSUL_CMD_KONSUL_BOOT_ID_H_

#include <string>

#include "core/env/random.h"

namespace konsul::agent {

// Where the kernel does not tell, a fresh one each time: the tables are then rebuilt at every
// start, which is slow but never wrong.
std::string BootId(env::Random random);

}  // namespace konsul::agent

#endif  // KONSUL_CMD_KONSUL_BOOT_ID_H_
