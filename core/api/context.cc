#include "core/api/context.h"

#include "absl/strings/str_format.h"

namespace konsul::api {

std::string IdSource::NewUuid() {
  constexpr uint64_t kVersion = 4;
  const uint64_t high = (random_.Next() & ~0xf000ULL) | kVersion << 12;
  const uint64_t low = (random_.Next() & ~(3ULL << 62)) | 2ULL << 62;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", high >> 32, (high >> 16) & 0xffff,
                         high & 0xffff, low >> 48, low & 0xffffffffffffULL);
}

}  // namespace konsul::api
