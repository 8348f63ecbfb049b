#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/claim.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

// Marks a key as a lock of this kind, for all clients.
constexpr uint64_t kLockFlags = 0x2ddccbc058a50c18;

class Exclusive final : public Claim {
 public:
  Exclusive(const std::string& prefix, const std::string& session)
      : path_(absl::StrCat("/v1/kv/", prefix, "/.lock")), session_(session) {}

  Watched watched() const override { return {path_, false}; }
  std::string behavior() const override { return "release"; }
  absl::Status Prepare(Api&) override { return absl::OkStatus(); }

  absl::StatusOr<ClaimState> Look(const std::vector<KvPair>& pairs) override {
    if (pairs.empty()) return ClaimState::kFree;
    const KvPair& pair = pairs.front();
    if (pair.flags != kLockFlags) {
      return absl::FailedPreconditionError(
          absl::StrCat("Error! ", pair.key, " is no lock; a semaphore or something else uses it"));
    }
    lock_index_ = pair.lock_index;
    if (pair.session.empty()) return ClaimState::kFree;
    return pair.session == session_ ? ClaimState::kOurs : ClaimState::kTaken;
  }

  absl::StatusOr<bool> Take(Api& api) override { return Put(api, "acquire"); }

  std::optional<uint64_t> lock_index() const override { return lock_index_; }

  // The key stays: with it, LockIndex would begin anew.
  absl::Status Release(Api& api) override { return Put(api, "release").status(); }

 private:
  absl::StatusOr<bool> Put(Api& api, const std::string& verb) {
    KONSUL_ASSIGN_OR_RETURN(
        const http::Response reply,
        api.Call("PUT", path_, {{verb, session_}, {"flags", absl::StrCat(kLockFlags)}}));
    return absl::StartsWith(reply.body, "true");
  }

  const std::string path_;
  const std::string session_;
  uint64_t lock_index_ = 0;
};

}  // namespace

std::unique_ptr<Claim> ExclusiveClaim(const std::string& prefix, const std::string& session) {
  return std::make_unique<Exclusive>(prefix, session);
}

}  // namespace konsul::ctl
