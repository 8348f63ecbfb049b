// Metrics in the formats that others read.
#ifndef KONSUL_NET_API_METRICS_TEXT_H_
#define KONSUL_NET_API_METRICS_TEXT_H_

#include <string>
#include <vector>

#include "core/api/metrics.h"
#include "core/base/time.h"
#include "net/api/json.h"

namespace konsul::net_api {

// Prometheus' text format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
std::string PrometheusText(const std::vector<api::Metric>& metrics);

// The shape of Consul's /v1/agent/metrics. What is not measured (Min and Stddev of durations) is
// left away.
void WriteConsulMetrics(const std::vector<api::Metric>& metrics, WallTime now, JsonWriter& json);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_METRICS_TEXT_H_
