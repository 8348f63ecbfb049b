// Packs and unpacks the blocks of snapshot files (zstd).
#ifndef KONSUL_STORAGE_SNAPSHOT_CODEC_H_
#define KONSUL_STORAGE_SNAPSHOT_CODEC_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace konsul::snapshot {

// One for all snapshots of a directory: its work space is made at the first use and kept, as small
// snapshots are written and read often. Never suspends.
class Codec {
 public:
  // Puts the packed `raw` into `packed`; false when it would not be smaller.
  bool Pack(absl::string_view raw, std::string& packed);
  // Puts what was packed into `raw`, whose size is the most that is accepted, and shortens it to
  // what there was. DataLoss when it is no such thing.
  absl::Status Unpack(absl::string_view packed, std::string& raw);

 private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const;
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> compressor_;
  std::unique_ptr<ZSTD_DCtx_s, Free> decompressor_;
};

}  // namespace konsul::snapshot

#endif  // KONSUL_STORAGE_SNAPSHOT_CODEC_H_
