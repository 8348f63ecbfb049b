// What ends at a time unless it is begun anew: TTLs of sessions, delays of locks.
#ifndef KONSUL_CORE_SERVER_DUE_H_
#define KONSUL_CORE_SERVER_DUE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/time.h"

namespace konsul::server {

// By name. Times are of one AttentiveClock.
class Due {
 public:
  struct Item {
    std::string name;
    uint64_t since = 0;  // index of the command that it began with
  };

  // `name` began with the command at `since`, and is due at `at`. One that is known with the same
  // index keeps its time.
  void Begin(absl::string_view name, uint64_t since, Duration at) {
    const auto [it, fresh] = known_.try_emplace(std::string(name));
    if (!fresh) {
      if (it->second.since == since) return;
      order_.erase({it->second.at, it->first});
    }
    it->second = {since, at};
    order_.emplace(at, it->first);
  }
  void End(absl::string_view name) {
    const auto it = known_.find(std::string(name));
    if (it == known_.end()) return;
    order_.erase({it->second.at, it->first});
    known_.erase(it);
  }
  void Clear() {
    known_.clear();
    order_.clear();
  }
  bool empty() const { return known_.empty(); }
  // When the first one is due; not when empty.
  Duration first() const { return order_.begin()->first; }

  // Those that are due at `now`, the first `most` of them. They stay until End.
  std::vector<Item> Over(Duration now, size_t most) const {
    std::vector<Item> items;
    for (const auto& [at, name] : order_) {
      if (at > now || items.size() == most) break;
      items.push_back({name, known_.at(name).since});
    }
    return items;
  }

 private:
  struct Known {
    uint64_t since = 0;
    Duration at{};
  };
  std::map<std::string, Known> known_;
  std::set<std::pair<Duration, std::string>> order_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_DUE_H_
