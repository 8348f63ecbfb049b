// What a list of measured durations says, for people and for programs.
#ifndef KONSUL_TESTS_BENCH_STATISTICS_H_
#define KONSUL_TESTS_BENCH_STATISTICS_H_

#include <string>
#include <vector>

#include "core/base/time.h"

namespace konsul::bench {

// Ascending; every function here expects that.
using Samples = std::vector<Duration>;

// The nearest rank: the smallest sample that `percent` of all do not exceed; 0 without any.
Duration Percentile(const Samples& samples, double percent);

// One line per bucket with its count and a bar, from the first to the last that is not empty. The
// bounds are fixed, so that two runs can be laid side by side.
//
//     20 -   30 ms   17 |##########
std::string Histogram(const Samples& samples);

// "p50 31.2, p90 48.0, p99 81.5, max 95.1 ms".
std::string Summary(const Samples& samples);

// "p50_ms":31.2,...,"samples_ms":[...]: members of a JSON object.
std::string JsonMembers(const Samples& samples);

double ToMilliseconds(Duration duration);

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_STATISTICS_H_
