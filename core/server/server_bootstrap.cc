// The way into a cluster: beginning one together with others (bootstrap.h), or asking one that
// exists for membership.
//
// Every round, a server without a log asks at all addresses that it knows of. Whoever has a cluster
// is asked for membership in it; this server then waits for the leader to bring the log. Where
// nobody has one, all of them begin it together as soon as they agree on who they are, and stand
// for election when all of them have done so.
#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/server/server_impl.h"

namespace konsul::server {
namespace {

constexpr Duration kAskPause = 200ms;
constexpr Duration kAskTimeout = 1s;
// For the leader to commit a change of the configuration.
constexpr Duration kJoinTimeout = 5s;
constexpr Duration kJoinPause = 20ms;
constexpr int kRoundsPerLogLine = 25;
// How often a server that is let in looks, a kAskPause apart, whether that is committed, before it
// asks again.
constexpr int kPatientLooks = 10;

}  // namespace

bool ServerImpl::HasItsPlace() const {
  if (doubts_its_place_ && !IsSettled()) return false;
  const raft::Configuration& configuration = driver_.raft().configuration();
  return configuration.IsMember(options_.id) || configuration.IsRetired(options_.id);
}

// A configuration in the log is not enough: the leader that let this server in may have lost its
// leadership, and the entry that said so, right afterwards. Then nobody else knows of this server,
// and nobody is going to take the entry back.
bool ServerImpl::IsSettled() const {
  return raft_status().commit >= raft_status().configuration_index;
}

// The cluster, if it is one, has decided nothing yet as far as this server knows.
bool ServerImpl::IsFounding() const { return raft_status().last_index <= Index(1); }

absl::Status ServerImpl::RunBootstrap() {
  while (true) {
    bool all_have_begun = false;
    for (int round = 0; !HasItsPlace() || (IsFounding() && !all_have_begun); ++round) {
      const bool log = round % kRoundsPerLogLine == kRoundsPerLogLine - 1;
      KONSUL_RETURN_IF_ERROR(AskAround(log));
      if (options_.bootstrap_expect > 0) KONSUL_RETURN_IF_ERROR(BeginTogether());
      all_have_begun = HasItsPlace() && view_.AllHaveBegun(driver_.raft().configuration());
      if (all_have_begun) break;
      if (log) LogWhatIsMissing();
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kAskPause));
    }
    driver_.Release();
    for (int i = 0; i < kPatientLooks && HasItsPlace() && !IsSettled(); ++i) {
      KONSUL_RETURN_IF_ERROR(env_.Sleep(kAskPause));
    }
    if (HasItsPlace() && IsSettled()) return absl::OkStatus();
    doubts_its_place_ = true;
  }
}

void ServerImpl::LogWhatIsMissing() {
  if (found_cluster_ == ClusterId()) {
    if (options_.bootstrap_expect > 0) env_.logger.Info("bootstrap", view_.Missing());
  } else if (raft_status().last_index == Index(0)) {
    env_.logger.Info("bootstrap",
                     "waiting for the leader to bring the log; if this server was a member before "
                     "and has lost its log, delete its data directory: it joins as a new server");
  }
}

// The log says which cluster this is; the node file has to say so, too, since it alone is there
// before the log is.
absl::Status ServerImpl::RunClusterUpdate() {
  KONSUL_RETURN_IF_ERROR(
      driver_.AwaitChange([this] { return !driver_.raft().configuration().empty(); }));
  const ClusterId cluster = driver_.raft().configuration().cluster;
  return stored_cluster_ == cluster ? absl::OkStatus() : storage_.store_cluster(cluster);
}

std::vector<env::Endpoint> ServerImpl::AddressesToAsk() const {
  std::vector<env::Endpoint> addresses = options_.retry_join;
  for (const raft::Member& member : view_.members()) {
    if (auto address = env::Endpoint::Parse(member.address); address.ok()) {
      addresses.push_back(*std::move(address));
    }
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  std::erase(addresses, options_.address);
  return addresses;
}

// Only a cancellation is an error.
absl::Status ServerImpl::AskAround(bool log) {
  for (const env::Endpoint& address : AddressesToAsk()) {
    const absl::Status status = Ask(address, env_.After(kAskTimeout));
    if (absl::IsCancelled(status)) return status;
    if (!status.ok() && (log || !absl::IsUnavailable(status))) {
      env_.logger.Warn("bootstrap", status.message(), {{"server", address.ToString()}});
    }
    if (HasItsPlace() && !IsFounding()) break;  // a leader found us meanwhile
  }
  return absl::OkStatus();
}

absl::Status ServerImpl::Ask(const env::Endpoint& address, Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(const Introduction peer, transport_->Introduce(address, deadline));
  KONSUL_RETURN_IF_ERROR(OnIntroduction(peer));
  if (peer.cluster == ClusterId()) return absl::OkStatus();
  if (peer.id == options_.id) return absl::OkStatus();
  // One of those that begin a cluster with us is only a little ahead; it need not let us in.
  if (HasItsPlace() || BeginsWithUs()) return absl::OkStatus();
  found_cluster_ = peer.cluster;
  Dial(peer.id, address);
  asked_ = peer.id;
  const absl::Cleanup answered = [this] { asked_ = NodeId(); };
  const AdminRequest request{.kind = AdminRequest::Kind::kAddServer,
                             .member = {options_.id, options_.name, options_.address.ToString()}};
  // Its link is only just being dialled, and there may be no leader for a moment.
  const Instant end = env_.After(kJoinTimeout);
  while (true) {
    const absl::Status status = transport_->Admin(peer.id, request, end).status();
    if (!absl::IsUnavailable(status) || env_.After(kJoinPause) >= end) return status;
    if (HasItsPlace() || BeginsWithUs()) return absl::OkStatus();
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kJoinPause));
  }
}

bool ServerImpl::BeginsWithUs() const {
  return driver_.raft().configuration().empty() && !view_.Agreed(options_.cluster).empty();
}

absl::Status ServerImpl::BeginTogether() {
  const raft::Configuration agreed = view_.Agreed(options_.cluster);
  if (agreed.empty() || !driver_.raft().configuration().empty()) return absl::OkStatus();
  KONSUL_RETURN_IF_ERROR(storage_.store_cluster(agreed.cluster));
  options_.cluster = stored_cluster_ = agreed.cluster;
  if (!driver_.raft().configuration().empty()) return absl::OkStatus();
  const absl::Status status = driver_.Bootstrap(agreed);
  if (!status.ok()) {
    // The cluster exists already, and its leader has brought the log.
    env_.logger.Info("bootstrap", status.message());
    return absl::OkStatus();
  }
  env_.logger.Info("bootstrap", "the cluster begins",
                   {{"cluster", ToHex(options_.cluster.value)}, {"servers", agreed.voters.size()}});
  return absl::OkStatus();
}

// A server that comes back at another address tells the cluster.
absl::Status ServerImpl::RunAddressUpdate() {
  const std::string mine = options_.address.ToString();
  while (true) {
    const raft::Member* self = driver_.raft().configuration().Find(options_.id);
    if (self == nullptr || self->address == mine) return absl::OkStatus();
    const absl::Status status =
        AddServer({options_.id, options_.name, mine}, env_.After(kJoinTimeout));
    if (absl::IsCancelled(status)) return status;
    KONSUL_RETURN_IF_ERROR(env_.Sleep(kAskPause));
  }
}

}  // namespace konsul::server
