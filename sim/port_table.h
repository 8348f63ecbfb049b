// Who is bound to which port of one machine.
#ifndef KONSUL_SIM_PORT_TABLE_H_
#define KONSUL_SIM_PORT_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/env/network.h"

namespace konsul::sim {

inline constexpr char kAnyAddress[] = "0.0.0.0";
inline constexpr char kLoopback[] = "127.0.0.1";

// One per machine and protocol. T is a listener or a socket, owned by the process.
template <typename T>
class PortTable {
 public:
  bool Taken(const env::Endpoint& at) const {
    for (auto it = entries_.lower_bound({at.port, ""});
         it != entries_.end() && it->first.first == at.port; ++it) {
      const std::string& address = it->first.second;
      if (address == at.host || address == kAnyAddress || at.host == kAnyAddress) return true;
    }
    return false;
  }

  T* Find(const env::Endpoint& to) const {
    auto it = entries_.find({to.port, to.host});
    if (it == entries_.end()) it = entries_.find({to.port, kAnyAddress});
    return it == entries_.end() ? nullptr : it->second;
  }

  void Add(const env::Endpoint& at, T* what) { entries_[{at.port, at.host}] = what; }
  void Remove(const env::Endpoint& at) { entries_.erase({at.port, at.host}); }

  // Empties the table, handing out what was in it by port and address.
  template <typename Fn>
  void Drain(Fn fn) {
    auto entries = std::move(entries_);
    entries_.clear();
    for (auto& [key, what] : entries) fn(what);
  }

 private:
  std::map<std::pair<uint16_t, std::string>, T*> entries_;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_PORT_TABLE_H_
