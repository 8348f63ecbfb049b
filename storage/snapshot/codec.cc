#include "storage/snapshot/codec.h"

#include <zstd.h>

#include "core/base/check.h"

namespace konsul::snapshot {
namespace {

constexpr int kCompressionLevel = 1;

}  // namespace

void Codec::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void Codec::Free::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

bool Codec::Pack(absl::string_view raw, std::string& packed) {
  if (compressor_ == nullptr) compressor_.reset(ZSTD_createCCtx());
  KONSUL_CHECK(compressor_ != nullptr, "no memory");
  packed.resize(ZSTD_compressBound(raw.size()));
  const size_t size = ZSTD_compressCCtx(compressor_.get(), packed.data(), packed.size(), raw.data(),
                                        raw.size(), kCompressionLevel);
  if (ZSTD_isError(size) || size >= raw.size()) return false;
  packed.resize(size);
  return true;
}

absl::Status Codec::Unpack(absl::string_view packed, std::string& raw) {
  if (decompressor_ == nullptr) decompressor_.reset(ZSTD_createDCtx());
  KONSUL_CHECK(decompressor_ != nullptr, "no memory");
  const size_t size = ZSTD_decompressDCtx(decompressor_.get(), raw.data(), raw.size(),
                                          packed.data(), packed.size());
  if (ZSTD_isError(size)) return absl::DataLossError(ZSTD_getErrorName(size));
  raw.resize(size);
  return absl::OkStatus();
}

}  // namespace konsul::snapshot
