#include "cmd/konsulctl/holder.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

constexpr Duration kRetry = 1s;
constexpr Duration kWait = 30s;

std::string Milliseconds(Duration d) { return absl::StrCat(ToMillis(d), "ms"); }

// The claim's state, once it may have changed since `index`, which moves on.
absl::StatusOr<ClaimState> LookAgain(Api& api, Claim& claim, uint64_t& index) {
  std::vector<http::QueryParameter> query = {{"consistent", ""}};
  if (claim.watched().recurse) query.push_back({"recurse", ""});
  if (index > 0) {
    query.push_back({"index", absl::StrCat(index)});
    query.push_back({"wait", absl::StrCat(kWait / 1s, "s")});
  }
  KONSUL_ASSIGN_OR_RETURN(
      const http::Response reply,
      api.Call("GET", claim.watched().path, std::move(query), "", kWait + Api::kTimeout));
  std::vector<KvPair> pairs;
  if (reply.status == 200) {
    KONSUL_ASSIGN_OR_RETURN(pairs, ParsePairs(reply.body));
  }
  const uint64_t now = IndexOf(reply);
  index = now < index ? 0 : now;
  return claim.Look(pairs);
}

// What another try cannot help.
bool IsFinal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInternal(status) ||
         absl::IsCancelled(status) || absl::StrContains(status.message(), "response code: 4") ||
         absl::StrContains(status.message(), "nvalid session");
}

}  // namespace

absl::StatusOr<std::string> MakeSession(Api& api, const SessionSpec& spec) {
  const boost::json::object wanted = {{"Name", spec.name},
                                      {"TTL", Milliseconds(spec.ttl)},
                                      {"LockDelay", Milliseconds(spec.lock_delay)},
                                      {"Behavior", spec.behavior}};
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                          api.Call("PUT", "/v1/session/create", {},
                                   boost::json::serialize(boost::json::value(wanted))));
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object made, ParseObject(reply.body));
  std::string id = Text(made, "ID");
  if (id.empty()) return NotUnderstood();
  return id;
}

absl::Status KeepSession(Api& api, const std::string& session, Duration ttl, Instant since) {
  const env::Env& env = api.env();
  Instant end = since + ttl;
  Instant next = since + ttl / 3;
  while (true) {
    KONSUL_RETURN_IF_ERROR(env.scheduler.SleepUntil(std::min(next, end)));
    const Instant sent = env.clock.Now();
    if (sent >= end) break;
    const absl::StatusOr<http::Response> reply =
        api.Call("PUT", absl::StrCat("/v1/session/renew/", session), {}, "", end - sent);
    if (absl::IsCancelled(reply.status())) return reply.status();
    if (reply.ok() && reply->status == 404) {
      return absl::AbortedError(absl::StrCat("session ", session, " has ended"));
    }
    next = env.clock.Now() + std::min(kRetry, ttl / 3);
    if (reply.ok()) {
      // It counts from before the server can have seen it.
      end = sent + ttl;
      next = sent + ttl / 3;
    }
  }
  return absl::AbortedError(
      absl::StrCat("session ", session, " could not be renewed within its TTL"));
}

absl::Status Obtain(Api& api, Claim& claim) {
  bool prepared = false;
  uint64_t index = 0;
  while (true) {
    const absl::Status status = [&]() -> absl::Status {
      if (!prepared) KONSUL_RETURN_IF_ERROR(claim.Prepare(api));
      prepared = true;
      KONSUL_ASSIGN_OR_RETURN(const ClaimState state, LookAgain(api, claim, index));
      if (state == ClaimState::kOurs) return absl::AlreadyExistsError("");
      if (state == ClaimState::kTaken) return absl::OkStatus();
      index = 0;
      KONSUL_ASSIGN_OR_RETURN(const bool taken, claim.Take(api));
      // Others were faster, or the last holder was lost and its lock delay is not over: there is
      // nothing to wait for but time.
      return taken ? absl::OkStatus() : absl::UnavailableError("not now");
    }();
    if (absl::IsAlreadyExists(status)) return absl::OkStatus();
    if (status.ok()) continue;
    if (IsFinal(status)) return status;
    index = 0;
    KONSUL_RETURN_IF_ERROR(api.env().Sleep(kRetry));
  }
}

absl::Status WatchOver(Api& api, Claim& claim, uint64_t retries) {
  uint64_t index = 0;
  uint64_t failures = 0;
  while (true) {
    const absl::StatusOr<ClaimState> state = LookAgain(api, claim, index);
    if (state.ok()) {
      if (*state != ClaimState::kOurs) return absl::AbortedError("somebody took it away");
      failures = 0;
      continue;
    }
    if (absl::IsCancelled(state.status()) || ++failures > retries) return state.status();
    index = 0;
    KONSUL_RETURN_IF_ERROR(api.env().Sleep(kRetry));
  }
}

}  // namespace konsul::ctl
