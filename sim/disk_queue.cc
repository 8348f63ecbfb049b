#include "sim/disk_queue.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::sim {
namespace {

constexpr uint64_t kMillion = 1'000'000;
constexpr int64_t kMaxMisplacedSectors = 8;

}  // namespace

bool GlobMatches(absl::string_view glob, absl::string_view text) {
  // The classic two-pointer match: on a mismatch the last star takes one character more.
  size_t g = 0;
  size_t t = 0;
  size_t star = absl::string_view::npos;
  size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != absl::string_view::npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

DiskQueue::DiskQueue(Engine& engine, HostId host, const DiskOptions& options, env::Random random)
    : engine_(engine), host_(host), options_(options), random_(random) {}

uint64_t DiskQueue::Arm(DiskFault fault) {
  faults_.emplace_back(next_fault_, std::move(fault));
  return next_fault_++;
}

void DiskQueue::Disarm(uint64_t number) {
  faults_.erase(std::remove_if(faults_.begin(), faults_.end(),
                               [&](const auto& entry) { return entry.first == number; }),
                faults_.end());
}

bool DiskQueue::Spent(uint64_t number) const {
  return std::none_of(faults_.begin(), faults_.end(), [&](const auto& entry) {
    return entry.first == number && entry.second.times > 0;
  });
}

Duration DiskQueue::DrawTime(DiskOps op) {
  const bool sync = (op & (kDiskSync | kDiskAllocate | kDiskSyncDir)) != 0;
  const LatencyModel& model = sync               ? options_.sync
                              : op == kDiskWrite ? options_.write
                              : op == kDiskRead  ? options_.read
                                                 : options_.metadata;
  int64_t ns = model.Draw(random_).count();
  if (slowness_percent_ != 100) ns = ns * slowness_percent_ / 100;
  if (sync && sync_slowness_percent_ != 100) ns = ns * sync_slowness_percent_ / 100;
  return Duration(ns);
}

void DiskQueue::Count(const DiskRequest& request) {
  if (request.op == kDiskRead) ++counters_.reads;
  if (request.op == kDiskWrite) ++counters_.writes;
  counters_.bytes_written += request.bytes;
  if ((request.op & (kDiskSync | kDiskAllocate | kDiskSyncDir)) != 0) ++counters_.syncs;
}

uint32_t DiskQueue::Occupy(Operation* operation) {
  uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot].operation = operation;
  return slot;
}

void DiskQueue::Release(uint32_t slot) {
  slots_[slot].operation = nullptr;
  ++slots_[slot].generation;
  free_.push_back(slot);
}

absl::Status DiskQueue::Run(Life& life, const DiskRequest& request, DiskEffect effect) {
  KONSUL_RETURN_IF_ERROR(life.Check());
  KONSUL_CHECK(life.scheduler.current() != nullptr, "disk operation outside a fiber");
  if (life.scheduler.cancelled()) return absl::CancelledError("fiber cancelled");
  Count(request);
  Operation operation{request, effect, fiber::WaitList(life.scheduler), false, {}};
  const uint32_t slot = Occupy(&operation);
  const uint32_t generation = slots_[slot].generation;
  engine_.Schedule(engine_.now() + DrawTime(request.op), this, 0,
                   static_cast<uint64_t>(slot) << 32 | generation);
  while (!operation.finished) {
    const absl::Status woken = operation.done.Wait();
    if (woken.ok() || operation.finished) continue;
    Release(slot);
    Abandon(operation);
    return woken;
  }
  return operation.result;
}

void DiskQueue::OnEvent(uint32_t, uint64_t arg) {
  const auto slot = static_cast<uint32_t>(arg >> 32);
  if (slots_[slot].generation != static_cast<uint32_t>(arg)) return;
  Operation& operation = *slots_[slot].operation;
  if ((operation.request.op & stalled_) != 0) {
    hanging_.push_back(arg);
    return;
  }
  Release(slot);
  DiskOutcome outcome;
  operation.result = Strike(operation.request, outcome);
  if (operation.result.ok()) {
    operation.result = operation.effect(outcome);
  } else if (outcome.failed) {
    operation.effect(outcome).IgnoreError();
  }
  operation.finished = true;
  Record(EventKind::kDisk, operation.request, operation.result.ok() ? "ok" : "error");
  operation.done.WakeAll();
}

void DiskQueue::SetStalled(uint32_t ops) {
  stalled_ = ops;
  // Those of a process that died meanwhile have another generation now. Those that still hang are
  // put back by OnEvent.
  for (const uint64_t arg : std::exchange(hanging_, {}))
    engine_.Schedule(engine_.now(), this, 0, arg);
}

absl::Status DiskQueue::Strike(const DiskRequest& request, DiskOutcome& outcome) {
  for (auto& [number, fault] : faults_) {
    if (fault.times == 0 || (fault.ops & request.op) == 0) continue;
    if (!GlobMatches(fault.glob, request.path)) continue;
    if (fault.error == DiskError::kMisdirect && request.op != kDiskWrite) continue;
    if (fault.ppm < kMillion && !random_.Chance(fault.ppm, kMillion)) continue;
    --fault.times;
    Record(EventKind::kDiskFault, request, "fault");
    if (fault.error == DiskError::kMisdirect) {
      const auto off = static_cast<int64_t>(random_.Below(2 * kMaxMisplacedSectors));
      outcome.misplaced_by =
          off < kMaxMisplacedSectors ? off - kMaxMisplacedSectors : off - kMaxMisplacedSectors + 1;
      return absl::OkStatus();
    }
    outcome.failed = true;
    outcome.limit = random_.Below(request.bytes + 1);
    return fault.error == DiskError::kIo
               ? absl::UnavailableError(absl::StrCat(request.path, ": input/output error"))
               : absl::ResourceExhaustedError(
                     absl::StrCat(request.path, ": no space left on device"));
  }
  return absl::OkStatus();
}

void DiskQueue::Abandon(Operation& operation) {
  // As when it was cut off on its way to the device: it happened, or not, or a write in part.
  const uint64_t happened = random_.Below(3);
  if (happened == 0) return;
  DiskOutcome outcome;
  if (happened == 2) outcome.limit = random_.Below(operation.request.bytes + 1);
  if (happened == 2 && operation.request.op != kDiskWrite) return;
  operation.effect(outcome).IgnoreError();
  Record(EventKind::kDisk, operation.request, "abandoned");
}

void DiskQueue::CutOff() {
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    Operation* operation = slots_[slot].operation;
    if (operation == nullptr) continue;
    Release(slot);
    Abandon(*operation);
    operation->finished = true;
    operation->result = absl::CancelledError("process killed");
  }
}

void DiskQueue::Record(EventKind kind, const DiskRequest& request, const char* what) {
  engine_.trace().Add(engine_.now(), host_, kind,
                      HashContent(request.path, request.payload + request.op), random_.draws(),
                      [&] {
                        const char* name = request.op == kDiskRead       ? "read"
                                           : request.op == kDiskWrite    ? "write"
                                           : request.op == kDiskSync     ? "sync"
                                           : request.op == kDiskAllocate ? "allocate"
                                           : request.op == kDiskSyncDir  ? "syncdir"
                                                                         : "metadata";
                        return absl::StrCat(name, " ", request.path, " ", what);
                      });
}

}  // namespace konsul::sim
