#include "tests/bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace konsul::bench {
namespace {

constexpr int kBoundsMs[] = {0,   1,   2,   5,   10,  20,   30,   40,   50,
                             60,  70,  80,  90,  100, 125,  150,  175,  200,
                             250, 300, 400, 500, 700, 1000, 2000, 5000, 10000};
constexpr size_t kBuckets = std::size(kBoundsMs);  // the last one has no upper bound
constexpr size_t kBarWidth = 50;

size_t BucketOf(Duration sample) {
  size_t bucket = 0;
  while (bucket + 1 < kBuckets && sample >= std::chrono::milliseconds(kBoundsMs[bucket + 1])) {
    ++bucket;
  }
  return bucket;
}

std::string Row(size_t bucket, size_t count, size_t largest) {
  // Whoever is there is seen: at least one mark.
  const size_t marks = count == 0 ? 0 : std::max<size_t>(1, count * kBarWidth / largest);
  const std::string bar(marks, '#');
  const std::string upper =
      bucket + 1 < kBuckets ? absl::StrFormat("%5d", kBoundsMs[bucket + 1]) : "     ";
  return absl::StrFormat("%6d - %s ms %5d |%s\n", kBoundsMs[bucket], upper, count, bar);
}

}  // namespace

double ToMilliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1e6; }

Duration Percentile(const Samples& samples, double percent) {
  if (samples.empty()) return {};
  const auto rank =
      static_cast<size_t>(std::ceil(static_cast<double>(samples.size()) * percent / 100.0));
  return samples[std::max<size_t>(rank, 1) - 1];
}

std::string Histogram(const Samples& samples) {
  std::vector<size_t> counts(kBuckets);
  for (const Duration sample : samples) ++counts[BucketOf(sample)];
  std::string out;
  if (samples.empty()) return out;
  const size_t largest = *std::max_element(counts.begin(), counts.end());
  for (size_t i = BucketOf(samples.front()); i <= BucketOf(samples.back()); ++i) {
    out += Row(i, counts[i], largest);
  }
  return out;
}

std::string Summary(const Samples& samples) {
  const auto ms = [&](double percent) { return ToMilliseconds(Percentile(samples, percent)); };
  return absl::StrFormat("p50 %.1f, p90 %.1f, p99 %.1f, max %.1f ms", ms(50), ms(90), ms(99),
                         ms(100));
}

std::string JsonMembers(const Samples& samples) {
  const auto ms = [&](double percent) { return ToMilliseconds(Percentile(samples, percent)); };
  const auto format = [](std::string* out, Duration sample) {
    absl::StrAppendFormat(out, "%.3f", ToMilliseconds(sample));
  };
  return absl::StrFormat(
      "\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"samples_ms\":[%s]", ms(50),
      ms(90), ms(99), ms(100), absl::StrJoin(samples, ",", format));
}

}  // namespace konsul::bench
