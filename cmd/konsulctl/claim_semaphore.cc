#include <boost/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/claim.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

// Marks keys as parts of a semaphore, for all clients.
constexpr uint64_t kSemaphoreFlags = 0xe0f69a2baa414de0;
// Others change the list of holders at the same time; each loss is another's success.
constexpr int kReleaseTries = 100;

class Semaphore final : public Claim {
 public:
  Semaphore(const std::string& prefix, const std::string& session, uint64_t limit)
      : prefix_(absl::StrCat(prefix, "/")), session_(session), limit_(limit) {}

  Watched watched() const override { return {absl::StrCat("/v1/kv/", prefix_), true}; }
  std::string behavior() const override { return "delete"; }

  absl::Status Prepare(Api& api) override {
    KONSUL_ASSIGN_OR_RETURN(const bool made, Put(api, session_, {{"acquire", session_}}, ""));
    return made ? absl::OkStatus()
                : absl::FailedPreconditionError(
                      absl::StrCat("Error! Could not make ", prefix_, session_));
  }

  absl::StatusOr<ClaimState> Look(const std::vector<KvPair>& pairs) override {
    std::set<std::string> alive;
    holders_.clear();
    modify_index_ = 0;
    for (const KvPair& pair : pairs) {
      if (!pair.session.empty()) alive.insert(pair.session);
      if (pair.key == absl::StrCat(prefix_, ".lock")) KONSUL_RETURN_IF_ERROR(ReadHolders(pair));
    }
    // Who died without a word no longer counts.
    std::erase_if(holders_, [&](const std::string& holder) { return !alive.contains(holder); });
    if (holders_.contains(session_)) return ClaimState::kOurs;
    return holders_.size() < limit_ ? ClaimState::kFree : ClaimState::kTaken;
  }

  absl::StatusOr<bool> Take(Api& api) override {
    holders_.insert(session_);
    return WriteHolders(api);
  }

  std::optional<uint64_t> lock_index() const override { return std::nullopt; }

  absl::Status Release(Api& api) override {
    for (int i = 0; i < kReleaseTries; ++i) {
      KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                              api.Call("GET", watched().path, {{"recurse", ""}}));
      std::vector<KvPair> pairs;
      if (reply.status == 200) {
        KONSUL_ASSIGN_OR_RETURN(pairs, ParsePairs(reply.body));
      }
      KONSUL_ASSIGN_OR_RETURN(const ClaimState state, Look(pairs));
      bool done = state != ClaimState::kOurs;
      if (!done) {
        holders_.erase(session_);
        KONSUL_ASSIGN_OR_RETURN(done, WriteHolders(api));
      }
      if (done) return api.Call("DELETE", absl::StrCat(watched().path, session_)).status();
    }
    return absl::AbortedError("Error! The semaphore is too busy to be released");
  }

 private:
  absl::Status ReadHolders(const KvPair& pair) {
    if (pair.flags != kSemaphoreFlags) {
      return absl::FailedPreconditionError(
          absl::StrCat("Error! ", pair.key, " is no semaphore; a lock or something else uses it"));
    }
    KONSUL_ASSIGN_OR_RETURN(const boost::json::object state, ParseObject(pair.value));
    if (Number(state, "Limit") != limit_) {
      return absl::FailedPreconditionError(
          absl::StrCat("Error! The semaphore has ", Number(state, "Limit"), " places, not ", limit_,
                       "; all contenders must say the same -n"));
    }
    modify_index_ = pair.modify_index;
    const boost::json::value* holders = state.if_contains("Holders");
    if (holders != nullptr && holders->is_object()) {
      for (const auto& holder : holders->get_object()) holders_.emplace(holder.key());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> WriteHolders(Api& api) {
    boost::json::object holders;
    for (const std::string& holder : holders_) holders[holder] = true;
    const boost::json::object state = {{"Limit", limit_}, {"Holders", std::move(holders)}};
    return Put(api, ".lock", {{"cas", absl::StrCat(modify_index_)}},
               boost::json::serialize(boost::json::value(state)));
  }

  absl::StatusOr<bool> Put(Api& api, const std::string& name,
                           std::vector<http::QueryParameter> query, std::string body) {
    query.push_back({"flags", absl::StrCat(kSemaphoreFlags)});
    KONSUL_ASSIGN_OR_RETURN(
        const http::Response reply,
        api.Call("PUT", absl::StrCat("/v1/kv/", prefix_, name), std::move(query), std::move(body)));
    return absl::StartsWith(reply.body, "true");
  }

  const std::string prefix_;
  const std::string session_;
  const uint64_t limit_;
  // As Look found them.
  std::set<std::string> holders_;
  uint64_t modify_index_ = 0;
};

}  // namespace

std::unique_ptr<Claim> SemaphoreClaim(const std::string& prefix, const std::string& session,
                                      uint64_t limit) {
  return std::make_unique<Semaphore>(prefix, session, limit);
}

}  // namespace konsul::ctl
