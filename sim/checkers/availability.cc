#include "sim/checkers/availability.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace konsul::checkers {
namespace {

// Whether all of these can talk to each other, and to this client.
bool Connected(const Damage& damage, const std::vector<std::string>& servers,
               const std::string& client) {
  if (damage.hosts.contains(client)) return false;
  const auto works = [&](const std::string& a, const std::string& b) {
    return !damage.links.contains({a, b}) && !damage.links.contains({b, a});
  };
  for (size_t i = 0; i < servers.size(); ++i) {
    if (!works(servers[i], client)) return false;
    for (size_t j = 0; j < i; ++j) {
      if (!works(servers[i], servers[j])) return false;
    }
  }
  return true;
}

}  // namespace

bool MajorityIsWell(const Damage& damage, const std::vector<std::string>& servers,
                    const std::vector<std::string>& clients) {
  // All groups of servers; there are a handful of them.
  for (uint32_t group = 0; group < (1u << servers.size()); ++group) {
    std::vector<std::string> chosen;
    for (size_t i = 0; i < servers.size(); ++i) {
      if ((group >> i & 1) != 0 && !damage.hosts.contains(servers[i])) {
        chosen.push_back(servers[i]);
      }
    }
    if (chosen.size() * 2 <= servers.size()) continue;
    for (const std::string& client : clients) {
      if (Connected(damage, chosen, client)) return true;
    }
  }
  return false;
}

Availability::Availability(std::vector<std::string> servers, std::vector<std::string> clients,
                           Duration progress, std::optional<uint64_t> leaders_max,
                           Findings& findings)
    : servers_(std::move(servers)),
      clients_(std::move(clients)),
      progress_(progress),
      leaders_max_(leaders_max),
      findings_(findings) {}

void Availability::OnDamage(Duration now, const Damage& damage) {
  if (calm_ && damage == damage_) return;
  damage_ = damage;
  calm_ = MajorityIsWell(damage, servers_, clients_);
  since_ = now;
  leaders_ = 0;
}

void Availability::OnLeader() {
  if (calm_) ++leaders_;
}

void Availability::Check(Duration now) {
  if (!calm_ || progress_ == Duration::zero()) return;
  if (leaders_max_.has_value() && leaders_ > *leaders_max_) {
    findings_.Report("liveness",
                     absl::StrFormat("%d leaders came and went from %.3fs to %.3fs, "
                                     "while %s",
                                     leaders_, ToSeconds(since_), ToSeconds(now), Describe()));
    calm_ = false;
    return;
  }
  if (now < since_ + progress_) return;
  ++judged_;
  if (now <= std::max(last_ack_, since_) + progress_) return;
  findings_.Report("liveness",
                   absl::StrFormat("no write was acknowledged from %.3fs to %.3fs, while %s",
                                   ToSeconds(last_ack_), ToSeconds(now), Describe()));
  calm_ = false;
}

std::string Availability::Describe() const {
  std::string out;
  if (!damage_.hosts.empty()) {
    absl::StrAppend(&out, "only ", absl::StrJoin(damage_.hosts, " "), " were hurt");
  }
  if (!damage_.links.empty()) {
    absl::StrAppend(&out, out.empty() ? "only" : " and", " links were (",
                    absl::StrJoin(damage_.links, " ", absl::PairFormatter("->")), ")");
  }
  return out.empty() ? "nothing was broken" : out;
}

}  // namespace konsul::checkers
