// What a server measures, by name. The names and their meaning: docs/api/metrics.md.
#ifndef KONSUL_CORE_API_METRICS_H_
#define KONSUL_CORE_API_METRICS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/api/context.h"

namespace konsul::api {

enum class MetricType {
  kGauge,
  kCounter,  // of events since the start
  kSummary,  // of durations since the start, in seconds
};

struct Sample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;    // kSummary: the sum
  uint64_t count = 0;  // kSummary only
};

struct Metric {
  std::string name;  // as Prometheus wants it: unit last, counters end in _total
  std::string help;  // one sentence
  MetricType type = MetricType::kGauge;
  std::vector<Sample> samples;  // none: known elsewhere only
};

// Without asking another server. What only the leader knows is there on the leader.
absl::StatusOr<std::vector<Metric>> Metrics(const Context& context);

}  // namespace konsul::api

#endif  // KONSUL_CORE_API_METRICS_H_
