// A lock or a place in a semaphore, as Consul's client libraries lay them out in the key-value
// store (api/lock.go, api/semaphore.go), so that theirs and ours exclude each other.
#ifndef KONSUL_CMD_KONSULCTL_CLAIM_H_
#define KONSUL_CMD_KONSULCTL_CLAIM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cmd/konsulctl/api.h"

namespace konsul::ctl {

enum class ClaimState { kFree, kTaken, kOurs };

// For one session. Suspends where it is given an Api.
class Claim {
 public:
  virtual ~Claim() = default;

  // What tells its state: a GET of `path`, with `recurse` of all below.
  struct Watched {
    std::string path;
    bool recurse = false;
  };
  virtual Watched watched() const = 0;
  // What becomes of its keys when the session ends: "release" or "delete".
  virtual std::string behavior() const = 0;

  // Once, before everything else.
  virtual absl::Status Prepare(Api& api) = 0;
  // Of what was read. FailedPrecondition when the keys are used for something else.
  virtual absl::StatusOr<ClaimState> Look(const std::vector<KvPair>& pairs) = 0;
  // After Look said kFree. False when it cannot be had now, be it for the lock delay.
  virtual absl::StatusOr<bool> Take(Api& api) = 0;
  // After Look said kOurs: what grows with each new holder. Nothing for semaphores, which have more
  // than one at a time.
  virtual std::optional<uint64_t> lock_index() const = 0;
  virtual absl::Status Release(Api& api) = 0;
};

// At PREFIX/.lock.
std::unique_ptr<Claim> ExclusiveClaim(const std::string& prefix, const std::string& session);
// One of `limit` places; who holds them is in PREFIX/.lock, and each contender has PREFIX/SESSION.
std::unique_ptr<Claim> SemaphoreClaim(const std::string& prefix, const std::string& session,
                                      uint64_t limit);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_CLAIM_H_
