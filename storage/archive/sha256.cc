#include "storage/archive/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"
#include "core/base/check.h"

namespace konsul::archive {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  KONSUL_CHECK(context_ != nullptr, "no memory");
  KONSUL_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
               "libcrypto does without SHA-256");
}

void Sha256::Add(absl::string_view bytes) {
  KONSUL_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::TakeHex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  KONSUL_CHECK(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace konsul::archive
