#include "net/api/metrics_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

using api::Metric;
using api::MetricType;
using api::Sample;

absl::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kCounter:
      return "counter";
    case MetricType::kSummary:
      return "summary";
  }
  return "untyped";
}

std::string Labels(const Sample& sample) {
  std::string text;
  for (const auto& [name, value] : sample.labels) {
    absl::StrAppend(&text, text.empty() ? "{" : ",", name, "=\"",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}),
                    "\"");
  }
  return text.empty() ? text : absl::StrCat(text, "}");
}

void WriteLabels(const Sample& sample, JsonWriter& json) {
  json.Key("Labels");
  json.BeginObject();
  for (const auto& [name, value] : sample.labels) {
    json.Key(name);
    json.String(value);
  }
  json.EndObject();
}

void WriteGauge(const Sample& sample, JsonWriter& json) {
  json.Key("Value");
  json.Decimal(sample.value);
}

// Every event counts one.
void WriteCounter(const Sample& sample, JsonWriter& json) {
  const double each = sample.value > 0 ? 1 : 0;
  json.Key("Count");
  json.Decimal(sample.value);
  json.Key("Sum");
  json.Decimal(sample.value);
  for (const char* key : {"Min", "Max", "Mean"}) {
    json.Key(key);
    json.Decimal(each);
  }
  json.Key("Stddev");
  json.Number(0);
}

void WriteSummary(const Sample& sample, JsonWriter& json) {
  json.Key("Count");
  json.Number(sample.count);
  json.Key("Sum");
  json.Decimal(sample.value);
  json.Key("Mean");
  json.Decimal(sample.count == 0 ? 0 : sample.value / static_cast<double>(sample.count));
}

void WriteAll(absl::string_view key, const std::vector<Metric>& metrics, MetricType type,
              void (*write)(const Sample&, JsonWriter&), JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const Metric& metric : metrics) {
    if (metric.type != type) continue;
    for (const Sample& sample : metric.samples) {
      json.BeginObject();
      json.Key("Name");
      json.String(metric.name);
      write(sample, json);
      WriteLabels(sample, json);
      json.EndObject();
    }
  }
  json.EndArray();
}

}  // namespace

std::string PrometheusText(const std::vector<Metric>& metrics) {
  std::string out;
  for (const Metric& metric : metrics) {
    if (metric.samples.empty()) continue;
    absl::StrAppend(&out, "# HELP ", metric.name, " ",
                    absl::StrReplaceAll(metric.help, {{"\\", "\\\\"}, {"\n", "\\n"}}), "\n# TYPE ",
                    metric.name, " ", TypeName(metric.type), "\n");
    for (const Sample& sample : metric.samples) {
      const std::string labels = Labels(sample);
      if (metric.type == MetricType::kSummary) {
        absl::StrAppend(&out, metric.name, "_sum", labels, " ", FormatDecimal(sample.value), "\n",
                        metric.name, "_count", labels, " ", sample.count, "\n");
      } else {
        absl::StrAppend(&out, metric.name, labels, " ", FormatDecimal(sample.value), "\n");
      }
    }
  }
  return out;
}

void WriteConsulMetrics(const std::vector<Metric>& metrics, WallTime now, JsonWriter& json) {
  json.BeginObject();
  json.Key("Timestamp");
  json.String(FormatTimestamp(now));
  WriteAll("Gauges", metrics, MetricType::kGauge, &WriteGauge, json);
  json.Key("Points");
  json.BeginArray();
  json.EndArray();
  WriteAll("Counters", metrics, MetricType::kCounter, &WriteCounter, json);
  WriteAll("Samples", metrics, MetricType::kSummary, &WriteSummary, json);
  json.EndObject();
}

}  // namespace konsul::net_api
