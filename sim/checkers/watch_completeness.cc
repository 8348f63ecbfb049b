#include "sim/checkers/watch_completeness.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace konsul::checkers {
namespace {

constexpr char kOracle[] = "watch-completeness";

// The first key with different values, and these.
std::string Difference(const WatchCompleteness::Values& knows,
                       const WatchCompleteness::Values& there_is) {
  const auto show = [](const WatchCompleteness::Values& values, const std::string& key) {
    const auto it = values.find(key);
    return it == values.end() ? std::string("(missing)") : it->second.substr(0, 40);
  };
  for (const auto* one : {&there_is, &knows}) {
    for (const auto& [key, value] : *one) {
      if (show(knows, key) == show(there_is, key)) continue;
      return absl::StrCat(key, " = ", show(knows, key), " and not ", show(there_is, key));
    }
  }
  return "";
}

}  // namespace

size_t WatchCompleteness::Add(std::string key, bool prefix) {
  watchers_.push_back({std::move(key), prefix, 0, "", {}});
  return watchers_.size() - 1;
}

std::string WatchCompleteness::Name(size_t watcher) const {
  const Watcher& w = watchers_[watcher];
  return absl::StrCat("watcher ", watcher, " of ", w.prefix ? "prefix " : "", w.key);
}

void WatchCompleteness::OnAnswer(size_t watcher, const std::string& server, uint64_t index,
                                 Values values) {
  Watcher& w = watchers_[watcher];
  if (index == 0) {
    findings_.Report(kOracle, absl::StrCat(Name(watcher), " was told index 0 by ", server));
  } else if (index < w.index) {
    findings_.Report(kOracle, absl::StrCat(Name(watcher), " was told index ", index, " by ", server,
                                           " after ", w.index, " by ", w.server));
  } else if (index == w.index && values != w.values) {
    findings_.Report(
        kOracle, absl::StrCat(Name(watcher), " was told by ", server, " as of index ", index, " ",
                              Difference(values, w.values), ", as ", w.server, " had said"));
  }
  w.index = index;
  w.server = server;
  w.values = std::move(values);
}

std::string WatchCompleteness::WhoIsBehind(const Values& values) const {
  for (size_t i = 0; i < watchers_.size(); ++i) {
    const Watcher& w = watchers_[i];
    Values concern;
    for (const auto& [key, value] : values) {
      if (w.prefix ? absl::StartsWith(key, w.key) : key == w.key) concern.emplace(key, value);
    }
    if (concern == w.values) continue;
    return absl::StrCat(Name(i), " knows ", Difference(w.values, concern), ", as of index ",
                        w.index, " from ", w.server.empty() ? "nobody" : w.server);
  }
  return "";
}

}  // namespace konsul::checkers
