// CRC-32C (Castagnoli), RFC 3720 appendix B.4: what guards records of the log and frames of the
// RPC.
#ifndef KONSUL_CORE_BASE_CRC32C_H_
#define KONSUL_CORE_BASE_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace konsul {

// The CRC of `data`; `seed` is the CRC of what came before it, 0 at the start.
uint32_t Crc32c(absl::string_view data, uint32_t seed = 0);

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_CRC32C_H_
