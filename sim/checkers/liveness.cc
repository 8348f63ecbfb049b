#include "sim/checkers/liveness.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace konsul::checkers {

std::string WhatIsMissing(const LivenessView& view, const LivenessRequirements& required) {
  std::vector<std::string> missing;
  int leaders = 0;
  Index lowest(~uint64_t{0});
  Index highest;
  for (const LivenessView::Server& server : view.servers) {
    if (!server.running) missing.push_back(absl::StrCat("server ", server.name, " is not serving"));
    if (server.leads) ++leaders;
    lowest = std::min(lowest, server.applied);
    highest = std::max(highest, server.applied);
  }
  if (required.leader && leaders != 1) {
    missing.push_back(leaders == 0 ? "there is no leader"
                                   : absl::StrCat(leaders, " servers believe that they lead"));
  }
  if (required.acked_write) {
    for (const LivenessView::Client& client : view.clients) {
      if (!client.wrote) {
        missing.push_back(absl::StrCat("client ", client.name, " has no write acknowledged"));
      }
    }
  }
  if (required.logs_equal && lowest != highest) {
    std::string applied = "not all have applied the same:";
    for (const LivenessView::Server& server : view.servers) {
      absl::StrAppend(&applied, " ", server.name, "=", server.applied.value);
    }
    missing.push_back(applied);
  }
  if (!view.operator_waits.empty()) {
    missing.push_back("the operator waits: " + view.operator_waits);
  }
  return absl::StrJoin(missing, "; ");
}

}  // namespace konsul::checkers
