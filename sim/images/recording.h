// A server that runs on an image disk, led by a script that plays all the others, and every moment
// at which the power could go.
//
// The server is core/server and everything below it, its storage that of cmd/node: what it promises
// is what it sends. Time stands still, so nobody campaigns and nothing times out. Which fiber goes
// next is drawn from the seed.
#ifndef KONSUL_SIM_IMAGES_RECORDING_H_
#define KONSUL_SIM_IMAGES_RECORDING_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/env/clock.h"
#include "core/env/env.h"
#include "core/env/random.h"
#include "core/fiber/scheduler.h"
#include "core/server/server.h"
#include "core/state/table_machine.h"
#include "sim/images/image_disk.h"
#include "sim/images/promises.h"
#include "storage/lmdb/store.h"

namespace konsul::images {

struct Moment {
  ImageState disk;
  Promises promises;
  DiskCall next = DiskCall::kWrite;  // what the disk was asked for next
  std::string path;                  // of that
  bool barrier = false;              // a sync, before, within or right behind it
};

class StoppedClock final : public env::Clock {
 public:
  Instant Now() const override { return Instant{0}; }
  WallTime WallNow() const override { return WallTime{}; }
};

class NoNetwork final : public env::Network {
 public:
  absl::StatusOr<std::unique_ptr<env::Stream>> Dial(const env::Endpoint&, Instant) override;
  absl::StatusOr<std::unique_ptr<env::Listener>> Listen(const env::Endpoint&) override;
  absl::StatusOr<std::unique_ptr<env::DatagramSocket>> Bind(const env::Endpoint&) override;
};

class SeededPick final : public fiber::PickPolicy {
 public:
  explicit SeededPick(env::Random random) : random_(random) {}
  size_t Pick(size_t runnable) override { return random_.Below(runnable); }

 private:
  env::Random random_;
};

class Recording {
 public:
  // A workload; runs on a fiber beside the server. Its error ends the recording.
  using Script = std::function<absl::Status(Recording&)>;

  // `directory` is empty and holds the tables.
  Recording(std::string directory, uint64_t seed);
  ~Recording();

  // Starts the server on what the disk holds, runs `script`, and ends the process without warning.
  absl::Status Live(const Script& script);
  const std::vector<Moment>& moments() const { return moments_; }

  // For scripts. Each suspends; none waits for the server unless it says so. ----------------------

  // The leader of `term` takes over: entries behind `keep` are forgotten.
  void Lead(uint64_t term, uint64_t keep);
  // Appends commands with values of these sizes and sends them, as one message, together with what
  // is committed.
  void Append(const std::vector<size_t>& value_bytes);
  // Until everything sent was acknowledged.
  absl::Status AwaitAcknowledged();
  // Entries up to `index`, all acknowledged, are committed. Waits until they are applied.
  absl::Status Commit(uint64_t index);
  // Another server asks for a vote, with a log as long as the leader's.
  absl::Status Vote(uint64_t term);
  // The operator asks for a snapshot, and waits for it.
  absl::Status TakeSnapshot();
  // Appends and commits `commands` elsewhere, and sends a snapshot of the result in chunks.
  absl::Status Install(size_t commands, size_t chunk_bytes);

  uint64_t last() const { return log_.size(); }
  fiber::Scheduler& scheduler() { return scheduler_; }

 private:
  class Peers;
  friend class Peers;

  absl::Status Start(fiber::Group& group, const Script& script);
  absl::Status Serve(const Script& script);
  absl::Status AwaitTrue(absl::string_view what, const std::function<bool()>& holds);
  void Send(uint64_t from, uint64_t to);
  void AddEntry(raft::EntryKind kind, std::string payload);
  absl::Status ApplyElsewhere(uint64_t upto);
  void Remember(DiskCall next, const std::string& path);
  void OnMessage(const raft::Message& message);
  raft::Configuration TheConfiguration() const;

  const std::string directory_;
  env::Random random_;
  SeededPick pick_;
  fiber::StackPool stacks_;
  fiber::Scheduler scheduler_;
  StoppedClock clock_;
  NoNetwork network_;
  ImageDisk disk_;
  int lives_ = 0;

  // The others.
  Log log_;
  Term term_{1};
  Index committed_;
  Index acknowledged_;
  std::unique_ptr<lmdb::Store> tables_;  // what every server should have
  std::unique_ptr<state::TableMachine> machine_;

  std::unique_ptr<Peers> peers_;
  server::Server* server_ = nullptr;
  NodeId self_;
  Promises promises_;
  std::vector<Moment> moments_;
  bool after_barrier_ = false;
};

}  // namespace konsul::images

#endif  // KONSUL_SIM_IMAGES_RECORDING_H_
