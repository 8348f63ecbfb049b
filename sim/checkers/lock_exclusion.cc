#include "sim/checkers/lock_exclusion.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {
namespace {

std::string Show(LockExclusion::Token token) {
  return absl::StrCat(token.first, "/", token.second);
}

std::string Show(LockExclusion::Span span) {
  return absl::StrCat(ToSeconds(span.sent), " s..", ToSeconds(span.told), " s");
}

}  // namespace

const LockExclusion::Hold* LockExclusion::HolderDuring(const Lock& lock, Span span,
                                                       bool with_delay) const {
  for (const Hold& hold : lock.holds) {
    const Lease& lease = leases_.at(hold.session);
    const Duration until = span.told - (with_delay ? lease.lock_delay : Duration::zero());
    if (hold.acquired.told <= span.sent && !hold.released && lease.LivesAt(until)) return &hold;
  }
  return nullptr;
}

std::string LockExclusion::Name(const std::string& session) const {
  return session.empty() ? "nobody" : absl::StrCat("session ", session);
}

std::string LockExclusion::Describe(const std::string& key, const Hold& hold) const {
  const Lease& lease = leases_.at(hold.session);
  return absl::StrCat(lease.client, " with ", Name(hold.session), " holds ", key, " since ",
                      Show(hold.acquired), ", renewed by a request of ", ToSeconds(lease.renewed),
                      " s, TTL ", ToSeconds(lease.ttl), " s, lock delay ",
                      ToSeconds(lease.lock_delay), " s");
}

void LockExclusion::OnAcquired(const std::string& key, const std::string& session, Span span) {
  ++acquired_;
  Lock& lock = locks_[key];
  const Hold* holder = HolderDuring(lock, span, true);
  if (holder != nullptr && holder->session != session) {
    Report(absl::StrCat(leases_.at(session).client, " with ", Name(session), " got ", key, " at ",
                        Show(span), ", but ", Describe(key, *holder)));
  }
  lock.holds.push_back({session, span});
}

void LockExclusion::OnRead(const std::string& key, const std::string& holder, Token token,
                           Span span) {
  Lock& lock = locks_[key];
  const Hold* known = HolderDuring(lock, span, false);
  if (known != nullptr && known->session != holder) {
    Report(absl::StrCat("a consistent read of ", Show(span), " shows that ", Name(holder),
                        " holds ", key, ", but ", Describe(key, *known)));
  }
  for (auto hold = lock.holds.rbegin(); hold != lock.holds.rend(); ++hold) {
    if (hold->session != holder) continue;
    if (!hold->token && !hold->released && hold->acquired.told <= span.sent) {
      Learn(key, lock, *hold, token);
    }
    return;
  }
}

void LockExclusion::Learn(const std::string& key, Lock& lock, Hold& hold, Token token) {
  hold.token = token;
  for (const Hold& other : lock.holds) {
    if (&other == &hold || !other.token) continue;
    const bool before = other.acquired.told <= hold.acquired.sent;
    const bool after = hold.acquired.told <= other.acquired.sent;
    const bool same = other.session == hold.session;
    const bool right = (!before || *other.token < token || (same && *other.token == token)) &&
                       (!after || token < *other.token || (same && *other.token == token)) &&
                       (same || *other.token != token);
    if (right) continue;
    Report(absl::StrCat(Describe(key, hold), " and token ", Show(token), "; ", Describe(key, other),
                        " and token ", Show(*other.token)));
  }
}

void LockExclusion::OnRefused(const std::string& key, const std::string& session, Span span) {
  const Hold* known = HolderDuring(locks_[key], span, false);
  if (known == nullptr || known->session != session) return;
  Report(absl::StrCat("it was told at ", Show(span), " that it does not hold ", key, ", but ",
                      Describe(key, *known)));
}

void LockExclusion::OnReleasing(const std::string& key, const std::string& session) {
  for (Hold& hold : locks_[key].holds) {
    if (hold.session == session) hold.released = true;
  }
}

void LockExclusion::OnWrite(const std::string& key, Token token, uint64_t index) {
  std::map<uint64_t, Token>& written = locks_[key].written;
  const auto [at, fresh] = written.emplace(index, token);
  if (!fresh) {
    Report(absl::StrCat("two writes under ", key, " have index ", index));
    return;
  }
  const auto wrong = [&](auto before, auto after) {
    if (before->second <= after->second) return;
    Report(absl::StrCat("the write at index ", before->first, " under ", key, " has token ",
                        Show(before->second), ", and that at index ", after->first, " has ",
                        Show(after->second)));
  };
  if (at != written.begin()) wrong(std::prev(at), at);
  if (std::next(at) != written.end()) wrong(at, std::next(at));
}

void LockExclusion::OnRenewed(const std::string& session, Duration sent) {
  if (leases_.at(session).given_up) return;
  for (const auto& [key, lock] : locks_) {
    for (const Hold& hold : lock.holds) {
      if (hold.session != session || hold.released) continue;
      for (const Hold& other : lock.holds) {
        if (other.session == session || other.acquired.sent < hold.acquired.told ||
            other.acquired.told > sent) {
          continue;
        }
        Report(absl::StrCat(Name(session), " was renewed by a request of ", ToSeconds(sent),
                            " s, so ", Describe(key, hold), ", but ",
                            leases_.at(other.session).client, " with ", Name(other.session),
                            " got it at ", Show(other.acquired)));
      }
    }
  }
}

}  // namespace konsul::checkers
