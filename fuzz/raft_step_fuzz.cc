// Consensus under any sequence of events: every byte decides what happens next to a cluster of
// cores (core/raft/world_support.h), and no promise may break, nor any check fail; when the bytes
// end, the faults do, and the cluster has to recover.
//
// Input: what World draws, one byte for a choice among up to 256, four (little-endian) for more.
// Past the end every draw is 0.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "core/raft/world_support.h"

namespace konsul::raft::testing {
namespace {

// A longer input than that only repeats itself.
constexpr int kStepsMax = 3000;

class ByteDraws : public Draws {
 public:
  ByteDraws(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  uint64_t Below(uint64_t n) override {
    uint64_t value = 0;
    for (int i = 0; i < (n <= 256 ? 1 : 4); ++i) {
      if (at_ < end_) value |= uint64_t{*at_++} << (8 * i);
    }
    return value % n;
  }
  bool done() const { return at_ == end_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace
}  // namespace konsul::raft::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace konsul::raft::testing;  // NOLINT
  ByteDraws draws(data, size);
  World world(draws, /*telling=*/false);
  for (int step = 0; step < kStepsMax && !draws.done(); ++step) {
    const std::string broken = world.Step(draws);
    KONSUL_CHECK(broken.empty(), broken);
  }
  const std::string broken = world.Heal();
  KONSUL_CHECK(broken.empty(), broken);
  return 0;
}
