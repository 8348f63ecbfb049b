// A long string of bytes most of which may never have been written: those read as zeros and take no
// memory, so that preallocated log segments cost a run nothing.
#ifndef KONSUL_SIM_SPARSE_BYTES_H_
#define KONSUL_SIM_SPARSE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace konsul::sim {

class SparseBytes {
 public:
  static constexpr size_t kChunk = 16 * 1024;

  uint64_t size() const { return size_; }
  // What is cut off is forgotten; what is added reads as zeros.
  void Resize(uint64_t size);
  // Grows when needed.
  void Write(uint64_t offset, absl::string_view data);
  // Returns how many bytes there were before the end.
  size_t Read(uint64_t offset, absl::Span<char> buffer) const;
  // True when nothing was ever written in the range.
  bool IsHole(uint64_t offset, uint64_t length) const;

 private:
  uint64_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;  // null: zeros
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_SPARSE_BYTES_H_
