// Which other servers this one dials, and how it comes to stop.
//
// Members are dialled because they are members. Others are, too, when they speak: they may be
// members, even the leader, by a configuration that this server has not got yet, and perhaps can
// get from nobody else, so it must be possible to answer them. Whoever is no member and says no
// more is dialled no longer; else every server that ever called would cost a fiber for ever.
#ifndef KONSUL_CORE_SERVER_ACQUAINTANCES_H_
#define KONSUL_CORE_SERVER_ACQUAINTANCES_H_

#include <map>
#include <optional>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/env/network.h"
#include "core/raft/configuration.h"

namespace konsul::server {

// No I/O; owned by the server, which does to its transport what this returns.
class Acquaintances {
 public:
  // How long somebody who is no member may be silent. Whoever is removed is dialled for so long
  // that it hears of it, and then not any more, whatever it says.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  // The configuration is another one now. Its members have to be listed besides.
  void Follow(const raft::Configuration& configuration, Instant now);
  // `id` is a member and dialled. Its address is what the configuration says, which may be old: who
  // is there by now is somebody else's to say.
  void Listed(NodeId id, const env::Endpoint& address, Instant now);
  // `id` called from `address`. Either it is dialled from now on, or only once it speaks.
  void Met(NodeId id, const env::Endpoint& address, bool dialled, Instant now);
  // `id` said something. Returns where to dial it from now on, unless that is done or in vain.
  std::optional<env::Endpoint> Heard(NodeId id, Instant now);
  // Whether anybody is dialled who is no member.
  bool AnyGuests() const;
  // Those who are dialled no longer from now on.
  std::vector<NodeId> Part(Instant now);

 private:
  struct Known {
    env::Endpoint address;
    bool dialled = false;
    bool member = false;
    bool removed = false;
    Instant last_seen;  // when it spoke, was met, or ceased to be a member
  };
  std::map<NodeId, Known> known_;
};

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_ACQUAINTANCES_H_
