// Bytes that were read and not parsed yet, contiguous. For one parser and its fiber.
#ifndef KONSUL_NET_HTTP_INPUT_BUFFER_H_
#define KONSUL_NET_HTTP_INPUT_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/check.h"

namespace konsul::http {

class InputBuffer {
 public:
  // A connection that waits for its next request keeps this much.
  static constexpr size_t kSmall = 4096;
  // Where growing stops unless one head needs more: enough that reads of bodies are few.
  static constexpr size_t kLarge = 64 * 1024;

  absl::string_view data() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  // Bytes of memory held.
  size_t capacity() const { return capacity_; }

  // Where the next bytes go: never empty, and valid until the next call of any function here.
  absl::Span<char> Space() {
    if (end_ == capacity_ || grow_) MakeRoom();
    return absl::MakeSpan(bytes_.get() + end_, capacity_ - end_);
  }
  // The first `n` bytes of Space() were filled. A read that filled it makes the next one larger.
  void Commit(size_t n) {
    KONSUL_CHECK(n <= capacity_ - end_);
    end_ += n;
    grow_ = end_ == capacity_ && capacity_ < kLarge;
  }
  void Consume(size_t n) {
    KONSUL_CHECK(n <= end_ - begin_);
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Gives the memory of a large message back while nothing is buffered.
  void Shrink() {
    if (capacity_ > kSmall) Release();
  }
  // Gives all memory back while nothing is buffered: nothing will come for long.
  void Release() {
    if (!empty()) return;
    bytes_.reset();
    capacity_ = begin_ = end_ = 0;
    grow_ = false;
  }

 private:
  void MakeRoom() {
    const size_t size = end_ - begin_;
    const bool grow = grow_ || size > capacity_ / 2;
    grow_ = false;
    if (capacity_ > 0 && !grow) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size);
    } else {
      capacity_ = std::max(capacity_ * 2, kSmall);
      std::unique_ptr<char[]> bytes(new char[capacity_]);  // uninitialised on purpose
      if (size > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, size);
      bytes_ = std::move(bytes);
    }
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool grow_ = false;
};

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_INPUT_BUFFER_H_
