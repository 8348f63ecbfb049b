#include "sim/sparse_bytes.h"

#include <algorithm>
#include <cstring>

namespace konsul::sim {

void SparseBytes::Resize(uint64_t size) {
  if (size < size_) {
    // Bytes beyond the end stay zero, so that growing again shows zeros.
    const uint64_t within = size % kChunk;
    if (within != 0 && chunks_[size / kChunk] != nullptr) {
      std::memset(chunks_[size / kChunk].get() + within, 0, kChunk - within);
    }
  }
  size_ = size;
  chunks_.resize((size + kChunk - 1) / kChunk);
}

void SparseBytes::Write(uint64_t offset, absl::string_view data) {
  if (offset + data.size() > size_) Resize(offset + data.size());
  while (!data.empty()) {
    std::unique_ptr<char[]>& chunk = chunks_[offset / kChunk];
    if (chunk == nullptr) chunk = std::make_unique<char[]>(kChunk);
    const size_t within = offset % kChunk;
    const size_t n = std::min(data.size(), kChunk - within);
    std::memcpy(chunk.get() + within, data.data(), n);
    data.remove_prefix(n);
    offset += n;
  }
}

size_t SparseBytes::Read(uint64_t offset, absl::Span<char> buffer) const {
  if (offset >= size_) return 0;
  const size_t total = std::min<uint64_t>(buffer.size(), size_ - offset);
  size_t done = 0;
  while (done < total) {
    const char* chunk = chunks_[(offset + done) / kChunk].get();
    const size_t within = (offset + done) % kChunk;
    const size_t n = std::min(total - done, kChunk - within);
    if (chunk == nullptr) {
      std::memset(buffer.data() + done, 0, n);
    } else {
      std::memcpy(buffer.data() + done, chunk + within, n);
    }
    done += n;
  }
  return total;
}

bool SparseBytes::IsHole(uint64_t offset, uint64_t length) const {
  if (length == 0) return true;
  const uint64_t last = (offset + length - 1) / kChunk;
  for (uint64_t i = offset / kChunk; i <= last && i < chunks_.size(); ++i) {
    if (chunks_[i] != nullptr) return false;
  }
  return true;
}

}  // namespace konsul::sim
