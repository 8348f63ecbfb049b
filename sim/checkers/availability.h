// What a cluster owes its clients while something is broken: as long as a majority of the servers
// is untouched and connected, and nothing changes about what is broken, some write is acknowledged
// at least every `progress`; and it finds a leader and keeps it, but for `leaders_max` changes.
//
// A disk that hangs, a server that stands still and a single broken link are the interesting cases:
// the server that has the trouble may be the leader, and must not take the others with it.
//
// Does not check: how long single requests take, and anything while more is broken or just changes
// (what must hold then is safety), nor clusters whose membership changes.
#ifndef KONSUL_SIM_CHECKERS_AVAILABILITY_H_
#define KONSUL_SIM_CHECKERS_AVAILABILITY_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "sim/checkers/findings.h"

namespace konsul::checkers {

// What is broken now. Names of servers and clients.
struct Damage {
  std::set<std::string> hosts;                          // hurt in whatever way
  std::set<std::pair<std::string, std::string>> links;  // cut or slow, in either direction
  friend bool operator==(const Damage&, const Damage&) = default;
};

// Whether a majority of the servers and one of the clients are not hurt, and all connected.
bool MajorityIsWell(const Damage& damage, const std::vector<std::string>& servers,
                    const std::vector<std::string>& clients);

class Availability {
 public:
  // Times are the world's.
  Availability(std::vector<std::string> servers, std::vector<std::string> clients,
               Duration progress, std::optional<uint64_t> leaders_max, Findings& findings);

  void OnDamage(Duration now, const Damage& damage);
  void OnAckedWrite(Duration now) { last_ack_ = now; }
  void OnLeader();
  // Now and then.
  void Check(Duration now);
  // From now on nothing is promised.
  void Stop() { calm_ = false; }

  // How often it had something to judge.
  uint64_t judged() const { return judged_; }

 private:
  std::string Describe() const;

  const std::vector<std::string> servers_;
  const std::vector<std::string> clients_;
  const Duration progress_;
  const std::optional<uint64_t> leaders_max_;
  Findings& findings_;
  Damage damage_;
  bool calm_ = false;  // nothing has changed since `since_`, and a majority is well
  Duration since_{};
  Duration last_ack_{};
  uint64_t leaders_ = 0;  // since then
  uint64_t judged_ = 0;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_AVAILABILITY_H_
