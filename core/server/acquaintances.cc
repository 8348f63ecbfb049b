#include "core/server/acquaintances.h"

namespace konsul::server {

void Acquaintances::Follow(const raft::Configuration& configuration, Instant now) {
  for (auto& [id, known] : known_) {
    const bool member = configuration.IsMember(id);
    if (known.member && !member) known.last_seen = now;
    known.member = member;
    known.removed = !member && configuration.IsRetired(id);
  }
}

void Acquaintances::Listed(NodeId id, const env::Endpoint& address, Instant now) {
  Known& known = known_[id];
  known.address = address;
  known.dialled = true;
  known.last_seen = now;
}

void Acquaintances::Met(NodeId id, const env::Endpoint& address, bool dialled, Instant now) {
  // One per address: whoever was there before and is not dialled is gone.
  std::erase_if(known_, [&](const auto& each) {
    return each.first != id && !each.second.dialled && each.second.address == address;
  });
  Known& known = known_[id];
  known.address = address;
  known.dialled |= dialled;
  known.last_seen = now;
}

std::optional<env::Endpoint> Acquaintances::Heard(NodeId id, Instant now) {
  const auto it = known_.find(id);
  if (it == known_.end() || it->second.removed) return std::nullopt;
  it->second.last_seen = now;
  if (it->second.dialled) return std::nullopt;
  it->second.dialled = true;
  return it->second.address;
}

bool Acquaintances::AnyGuests() const {
  for (const auto& [id, known] : known_) {
    if (known.dialled && !known.member) return true;
  }
  return false;
}

std::vector<NodeId> Acquaintances::Part(Instant now) {
  std::vector<NodeId> parted;
  for (auto& [id, known] : known_) {
    if (!known.dialled || known.member || now - known.last_seen < kPatience) continue;
    known.dialled = false;
    parted.push_back(id);
  }
  return parted;
}

}  // namespace konsul::server
