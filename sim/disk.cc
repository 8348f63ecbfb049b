#include "sim/disk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "sim/disk_queue.h"
#include "sim/disk_store.h"

namespace konsul::sim {
namespace {

void Record(Engine& engine, HostId host, absl::string_view what, uint64_t value) {
  engine.trace().Add(engine.now(), host, EventKind::kDiskFault, HashContent(what, value), 0,
                     [&] { return absl::StrCat(what, " ", value); });
}

}  // namespace

SimDisk::SimDisk(Engine& engine, HostId host, const DiskOptions& options)
    : engine_(engine),
      host_(host),
      store_(std::make_unique<DiskStore>()),
      queue_(std::make_unique<DiskQueue>(engine, host, options,
                                         engine.Fork(absl::StrCat("disk ", host.value)))) {}

SimDisk::~SimDisk() = default;

uint64_t SimDisk::Arm(DiskFault fault) {
  Record(engine_, host_, absl::StrCat("arm ", fault.glob, " ", static_cast<int>(fault.error)),
         fault.ops + (static_cast<uint64_t>(fault.ppm) << 32));
  return queue_->Arm(std::move(fault));
}

void SimDisk::Disarm(uint64_t number) {
  Record(engine_, host_, "disarm", number);
  queue_->Disarm(number);
}

void SimDisk::DisarmAll() {
  Record(engine_, host_, "disarm all", 0);
  queue_->DisarmAll();
}

bool SimDisk::Spent(uint64_t number) const { return queue_->Spent(number); }

void SimDisk::SetSlowness(uint32_t percent) {
  Record(engine_, host_, "slowness", percent);
  queue_->SetSlowness(percent);
}

void SimDisk::SetSyncSlowness(uint32_t percent) {
  Record(engine_, host_, "sync slowness", percent);
  queue_->SetSyncSlowness(percent);
}

void SimDisk::SetStalled(uint32_t ops) {
  Record(engine_, host_, "stalled", ops);
  queue_->SetStalled(ops);
}

void SimDisk::SetCapacity(uint64_t bytes) {
  Record(engine_, host_, "capacity", bytes);
  queue_->options().capacity = bytes;
}

size_t SimDisk::Rot(absl::string_view glob, uint32_t bits) {
  size_t files = 0;
  for (const std::string& path : store_->Paths()) {
    if (!GlobMatches(glob, path)) continue;
    FileImage& image = store_->Find(path)->image;
    if (image.size() == 0) continue;
    ++files;
    for (uint32_t i = 0; i < bits; ++i) {
      const uint64_t bit = queue_->random().Below(image.size() * 8);
      Record(engine_, host_, absl::StrCat("rot ", path), bit);
      image.FlipBit(bit);
    }
  }
  return files;
}

bool SimDisk::FlipBit(absl::string_view path, uint64_t bit) {
  const std::shared_ptr<DiskNode> node = store_->Find(path);
  if (node == nullptr || node->directory || bit / 8 >= node->image.size()) return false;
  Record(engine_, host_, absl::StrCat("rot ", path), bit);
  node->image.FlipBit(bit);
  return true;
}

void SimDisk::Wipe() {
  Record(engine_, host_, "wipe", 0);
  store_->Clear();
}

void SimDisk::Restore(absl::string_view path, absl::string_view content) {
  Record(engine_, host_, absl::StrCat("restore ", path), HashContent(content));
  const auto node = store_->Open(path, env::OpenMode::kCreate);
  KONSUL_CHECK(node.ok(), node.status().ToString());
  FileImage& image = (*node)->image;
  image.Truncate(0);
  image.Write(0, content, queue_->random());
  image.SyncSucceeded(image.BeginSync());
  const size_t slash = path.rfind('/');
  const absl::Status named =
      store_->SyncDir(slash == absl::string_view::npos ? "" : path.substr(0, slash));
  KONSUL_CHECK(named.ok(), named.ToString());
}

std::vector<std::string> SimDisk::Paths() const { return store_->Paths(); }

std::string SimDisk::Content(absl::string_view path) const {
  const std::shared_ptr<DiskNode> node = store_->Find(path);
  return node == nullptr || node->directory ? "" : node->image.Content();
}

bool SimDisk::HasUnsynced(absl::string_view path) const {
  const std::shared_ptr<DiskNode> node = store_->Find(path);
  return node != nullptr && node->image.HasUnsynced();
}

uint64_t SimDisk::used() const { return store_->used(); }

const DiskCounters& SimDisk::counters() const { return queue_->counters(); }

DiskOptions& SimDisk::options() { return queue_->options(); }

}  // namespace konsul::sim
