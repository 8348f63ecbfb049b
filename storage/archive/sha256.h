// SHA-256 (FIPS 180-4), of libcrypto.
#ifndef KONSUL_STORAGE_ARCHIVE_SHA256_H_
#define KONSUL_STORAGE_ARCHIVE_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;

namespace konsul::archive {

inline constexpr size_t kSha256HexDigits = 64;

class Sha256 {
 public:
  Sha256();
  void Add(absl::string_view bytes);
  // Of all that was added, in lower-case hexadecimal digits. Once, and nothing after it.
  std::string TakeHex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_SHA256_H_
