// The small notations of an experiment file: Go durations, percentages, rates, ranges. Pure.
// Every error is InvalidArgument and quotes the text.
#ifndef KONSUL_CHAOS_VALUES_H_
#define KONSUL_CHAOS_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"

namespace konsul::chaos {

// As Go's time.ParseDuration: "300ms", "-1.5h", "1h15m30.918s", "0".
absl::StatusOr<Duration> ParseDuration(absl::string_view text);
// As Go's Duration.String, without the fraction of a nanosecond: "1m30s", "300ms", "0s".
std::string FormatDuration(Duration d);

// Both ends included. "1s-10s", or "1s" for both.
struct DurationRange {
  Duration low{};
  Duration high{};
  friend bool operator==(const DurationRange&, const DurationRange&) = default;
};
absl::StatusOr<DurationRange> ParseDurationRange(absl::string_view text);

// A percentage as Chaos Mesh writes it, a number from 0 to 100 in a string, in parts per million.
absl::StatusOr<uint32_t> ParsePercent(absl::string_view text);

// "200/s", "12000/m": the mean time between two of them.
absl::StatusOr<Duration> ParseRate(absl::string_view text);

// "16-4096" or "16", bytes.
struct SizeRange {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const SizeRange&, const SizeRange&) = default;
};
absl::StatusOr<SizeRange> ParseSizeRange(absl::string_view text);

// "256MiB", "64KiB", "4096".
absl::StatusOr<uint64_t> ParseSize(absl::string_view text);

// "1mbps" as Chaos Mesh means it: bytes per second, in steps of a thousand, more than none.
absl::StatusOr<uint64_t> ParseBandwidth(absl::string_view text);
// In the largest unit that says it exactly.
std::string FormatBandwidth(uint64_t bytes_per_second);

// The candidate with the fewest edits, when it is near enough to be what was meant; else empty.
std::string Nearest(absl::string_view text, const std::vector<std::string>& candidates);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_VALUES_H_
