#include "cmd/client/client_world.h"

#include <string>
#include <utility>
#include <vector>

namespace konsul::client {
namespace {

absl::Status None() { return absl::FailedPreconditionError("a client has no disk"); }

// An Env has to have a disk; a client must not leave a directory behind for that.
class NoDisk final : public env::Disk {
 public:
  absl::StatusOr<std::unique_ptr<env::File>> Open(absl::string_view, env::OpenMode) override {
    return None();
  }
  absl::Status Rename(absl::string_view, absl::string_view) override { return None(); }
  absl::Status Remove(absl::string_view) override { return None(); }
  absl::StatusOr<std::vector<std::string>> List(absl::string_view) override { return None(); }
  absl::StatusOr<bool> Exists(absl::string_view) override { return None(); }
  absl::Status CreateDir(absl::string_view) override { return None(); }
  absl::Status SyncDir(absl::string_view) override { return None(); }
  std::string root() const override { return "(none)"; }
};

}  // namespace

ClientWorld::ClientWorld(bool catch_signals)
    : world_({.io_threads = 1, .catch_signals = catch_signals}),
      no_disk_(std::make_unique<NoDisk>()),
      env_{world_.clock(), world_.network(),   *no_disk_,
           env::Random(0), world_.scheduler(), NullLogger()} {}

ClientWorld::~ClientWorld() = default;

void ClientWorld::Run(std::function<void(const env::Env&)> body) {
  world_.Run([&] { body(env_); });
}

}  // namespace konsul::client
