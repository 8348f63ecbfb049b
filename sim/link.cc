#include "sim/link.h"

#include <algorithm>

namespace konsul::sim {
namespace {

__extension__ using Wide = unsigned __int128;

// The tail begins where this many low bits of a draw are zero: one draw in 512.
constexpr int kTailZeros = 9;
constexpr int kMaxZeros = 40;

}  // namespace

Duration LatencyModel::Draw(env::Random& random) const {
  const uint64_t draw = random.Next();
  // The high bits choose within the jitter, the low ones whether this is a straggler.
  int64_t ns = base.count();
  const auto width = static_cast<uint64_t>(jitter.count());
  ns += static_cast<int64_t>((static_cast<Wide>(draw) * width) >> 64);
  const int zeros = draw == 0 ? kMaxZeros : std::min(__builtin_ctzll(draw), kMaxZeros);
  if (zeros >= kTailZeros) {
    const int64_t unit = std::max<int64_t>(jitter.count(), 1000);
    const int shift = std::min(zeros - kTailZeros + 2, 20);
    ns += std::min(unit << shift, tail_max.count());
  }
  return Duration(std::max<int64_t>(ns, 1));
}

Time Link::Arrival(Time now, uint64_t size) {
  Time departure = now;
  if (bytes_per_second > 0) {
    departure = std::max(now, busy_until) +
                Duration(static_cast<int64_t>(size * 1'000'000'000 / bytes_per_second));
    busy_until = departure;
  }
  return departure + latency.Draw(random);
}

}  // namespace konsul::sim
