#include "sim/cluster/server_host.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/agent_process.h"
#include "sim/cluster/rebuild.h"

namespace konsul::cluster {
namespace {

constexpr uint16_t kHttpPort = 8500;
constexpr uint16_t kRpcPort = 8300;
// Runs are short.
// Several in the smallest restore.
constexpr size_t kRestorePieceBytes = 200;
constexpr Duration kSessionTtlMin = 1s;
constexpr absl::string_view kIdentityFile = "node";
// The batch that was misdirected, and enough behind it to prove that it was durable.
constexpr uint64_t kBatchesThatProve = 3;

// What every simulated server runs on. Nothing of it follows the faults.
class Machine final : public api::AgentProcess {
 public:
  api::HostInfo Host() override {
    api::HostInfo info;
    info.memory = {.total = 8ULL << 30, .used = 1ULL << 30, .fields = {{"total", 8ULL << 30}}};
    info.cpus = {{.cpu = 0, .cores = 1, .model_name = "simulated"}};
    info.system = {.hostname = "simulated", .os = "none", .platform = "konsul-sim"};
    info.disk = {.path = "/", .fstype = "simulated", .total = 64ULL << 30, .free = 64ULL << 30};
    return info;
  }
  absl::Status Reload() override {
    return absl::FailedPreconditionError("a simulated server has no configuration files");
  }
};

api::AgentProcess& TheMachine() {
  static Machine machine;
  return machine;
}

using Program = absl::Status (*)(const env::Env&, const node::Options&);
// There is one version of the program yet.
Program ProgramOf(uint32_t /*version*/) { return &node::Run; }

}  // namespace

ServerHost::ServerHost(sim::World& world, std::string name, std::string ip,
                       const Tunables& tunables, size_t number, std::string tables_path,
                       Oracles& oracles)
    : name_(std::move(name)),
      host_(world.AddHost(ip, {.name = name_, .disk = tunables.disk})),
      observer_(oracles, number),
      tables_path_(std::move(tables_path)) {
  options_.name = name_;
  options_.server_address = {ip, kRpcPort};
  options_.http_address = {ip, kHttpPort};
  options_.raft = tunables.raft[number];
  options_.snapshots = tunables.snapshots;
  options_.wal_segment_bytes = tunables.wal_segment_bytes;
  options_.tables_in_memory = true;
  options_.restore_piece_bytes = kRestorePieceBytes;
  options_.session_ttl_min = kSessionTtlMin;
  options_.observer = &observer_;
  options_.process = &TheMachine();
  options_.on_serving = [this] { Serving(); };
}

void ServerHost::Deploy(const std::vector<env::Endpoint>& peers, uint32_t expect) {
  options_.retry_join = peers;
  options_.bootstrap_expect = expect;
  options_.tables_path = absl::StrCat(tables_path_, ".", ++lives_);
  deployed_ = true;
  first_start_ = host_.starts() + 1;
  Start();
}

void ServerHost::Empty() {
  Stop(false);
  host_.disk().Wipe();
  observer_.Forget();
  broken_ = damaged_ = false;
  // They were meant for the disk that is gone.
  for (const uint64_t fault : misdirects_) host_.disk().Disarm(fault);
  misdirects_.clear();
  exit_.reset();
}

void ServerHost::Retire() {
  Empty();
  backup_.clear();
  deployed_ = false;
}

void ServerHost::Start() {
  if (host_.running() || !deployed_ || broken_) return;
  options_.boot_id = ToHex(host_.boot_id());
  observer_.Mute(false);
  serving_ = false;
  excused_ = disk_faults_ > 0;
  exit_.reset();
  host_.Start([this, run = ProgramOf(version_)](env::Env env) {
    const absl::Status status = run(env, options_);
    serving_ = false;
    if (env.scheduler.cancelled()) return;
    observer_.Mute(true);
    exit_ = status;
  });
}

void ServerHost::Stop(bool power_loss) {
  observer_.Mute(true);
  if (power_loss) {
    host_.PowerLoss();
  } else {
    host_.Kill();
  }
  serving_ = false;
}

void ServerHost::DiskFaults(int change) {
  disk_faults_ += change;
  if (disk_faults_ > 0) excused_ = true;
}

void ServerHost::Misdirect(uint64_t fault) {
  damaged_ = true;
  misdirects_.push_back(fault);
  persisted_then_.reset();
}

bool ServerHost::fragile() {
  if (misdirects_.empty()) return false;
  for (const uint64_t fault : misdirects_) {
    if (!host_.disk().Spent(fault)) return true;
  }
  if (!persisted_then_.has_value()) persisted_then_ = observer_.persisted();
  if (observer_.persisted() < *persisted_then_ + kBatchesThatProve) return true;
  misdirects_.clear();
  return false;
}

std::optional<absl::Status> ServerHost::TakeExit() {
  if (host_.running()) return std::nullopt;
  return std::exchange(exit_, std::nullopt);
}

void ServerHost::Serving() {
  serving_ = true;
  if (host_.starts() == first_start_) backup_ = host_.disk().Content(kIdentityFile);
}

void ServerHost::Rebuild(checkers::StateDigest& oracle) {
  Stop(true);
  host_.Start([this, &oracle](env::Env env) {
    const absl::StatusOr<Rebuilt> rebuilt =
        RebuildState(env,
                     {options_.name, options_.wal_segment_bytes, options_.tables_path,
                      options_.tables_in_memory, options_.boot_id},
                     absl::StrCat(options_.tables_path, ".anew"));
    rebuild_failure_ = rebuilt.status();
    if (rebuilt.ok()) oracle.OnRebuilt(observer_.id(), rebuilt->kept, rebuilt->anew);
  });
}

bool ServerHost::RestoreBackup() {
  if (backup_.empty()) return false;
  Empty();
  host_.disk().Restore(kIdentityFile, backup_);
  options_.tables_path = absl::StrCat(tables_path_, ".", ++lives_);
  Start();
  return true;
}

}  // namespace konsul::cluster
