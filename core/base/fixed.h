// Little-endian numbers of fixed width, as in all of Konsul's own files.
#ifndef KONSUL_CORE_BASE_FIXED_H_
#define KONSUL_CORE_BASE_FIXED_H_

#include <cstdint>
#include <string>

namespace konsul {

inline void PutFixed32(std::string& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

inline void PutFixed64(std::string& out, uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(value >> shift));
}

// The caller has seen to it that the bytes are there.
inline uint32_t GetFixed32(const char* at) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

inline uint64_t GetFixed64(const char* at) {
  return static_cast<uint64_t>(GetFixed32(at + 4)) << 32 | GetFixed32(at);
}

}  // namespace konsul

#endif  // KONSUL_CORE_BASE_FIXED_H_
