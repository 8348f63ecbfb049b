#include "storage/snapshot/held_file.h"

#include <algorithm>

#include "absl/types/span.h"
#include "core/base/status.h"
#include "storage/snapshot/file_reader.h"

namespace konsul::snapshot {

absl::StatusOr<std::string> HeldFile::ReadAt(uint64_t offset, uint64_t size) {
  if (file_ == nullptr) {
    KONSUL_ASSIGN_OR_RETURN(file_,
                            directory_.disk().Open(directory_.Path(name_), env::OpenMode::kRead));
  }
  if (offset >= meta_.bytes) return std::string();
  std::string bytes(std::min(size, meta_.bytes - offset), '\0');
  KONSUL_ASSIGN_OR_RETURN(const size_t got, file_->ReadAt(offset, absl::MakeSpan(bytes)));
  bytes.resize(got);
  return bytes;
}

std::unique_ptr<state::RowSource> HeldFile::Rows() {
  return std::make_unique<FileRows>(directory_.place(), directory_.Path(name_), directory_.codec());
}

}  // namespace konsul::snapshot
