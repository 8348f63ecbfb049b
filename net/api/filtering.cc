#include "net/api/filtering.h"

#include <boost/json/parse.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/check.h"

namespace konsul::net_api {

absl::StatusOr<ItemFilter> ItemFilter::Make(const http::Request& request,
                                            const filter::Type& type) {
  ItemFilter out;
  const absl::string_view expression = request.Query("filter").value_or("");
  if (expression.empty()) return out;
  absl::StatusOr<filter::Filter> filter = filter::Filter::Make(expression, type);
  if (!filter.ok()) {
    // The client's fault, and yet 500: what Consul answers.
    return absl::InternalError(
        absl::StrCat("Failed to create boolean expression evaluator: ", filter.status().message()));
  }
  out.filter_ = *std::move(filter);
  return out;
}

bool ItemFilter::Keeps(absl::FunctionRef<void(JsonWriter&)> write) const {
  if (!filter_) return true;
  JsonWriter json(false);
  write(json);
  boost::json::error_code error;
  const boost::json::value item = boost::json::parse(json.Take(), error);
  KONSUL_CHECK(!error, "what the writer writes is JSON");
  return filter_->Keeps(item);
}

std::map<std::string, std::string> ParseNodeMeta(const http::Request& request) {
  std::map<std::string, std::string> out;
  for (const absl::string_view text : request.QueryAll("node-meta")) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(text, absl::MaxSplits(':', 1));
    out[std::string(pair.first)] = std::string(pair.second);
  }
  return out;
}

}  // namespace konsul::net_api
