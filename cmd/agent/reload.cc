#include "cmd/agent/reload.h"

#include "absl/strings/str_cat.h"
#include "cmd/agent/settings.h"
#include "core/base/check.h"

namespace konsul::agent {

Changes Adopt(const Config& wanted, Config& running) {
  Changes changes;
  for (const Setting& setting : Settings()) {
    if (!setting.show) continue;
    const std::string before = setting.show(running);
    const std::string after = setting.show(wanted);
    if (before == after) continue;
    const std::string& name = setting.key.empty() ? setting.flag.name : setting.key;
    std::string change = absl::StrCat(name, ": ", before, " -> ", after);
    if (!setting.reloadable) {
      changes.at_restart.push_back(std::move(change));
      continue;
    }
    // What a Config shows it also takes.
    const absl::Status applied = setting.apply({after}, running);
    KONSUL_CHECK(applied.ok(), applied.message());
    changes.adopted.push_back(std::move(change));
  }
  return changes;
}

}  // namespace konsul::agent
