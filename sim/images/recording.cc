#include "sim/images/recording.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/node/storage.h"
#include "core/base/check.h"
#include "core/base/status.h"
#include "core/wire/command.h"
#include "storage/snapshot/store.h"

namespace konsul::images {
namespace {

constexpr NodeId kLeader{1};
constexpr NodeId kOther{2};
constexpr ClusterId kCluster{0x1da6e5};
// Far more often than anything has to give way.
constexpr int kPatience = 200'000;

bool IsBarrier(DiskCall call) {
  return call == DiskCall::kSync || call == DiskCall::kAllocate || call == DiskCall::kSyncDir;
}

absl::Status Nobody() { return absl::UnavailableError("there is no network"); }

}  // namespace

absl::StatusOr<std::unique_ptr<env::Stream>> NoNetwork::Dial(const env::Endpoint&, Instant) {
  return Nobody();
}
absl::StatusOr<std::unique_ptr<env::Listener>> NoNetwork::Listen(const env::Endpoint&) {
  return Nobody();
}
absl::StatusOr<std::unique_ptr<env::DatagramSocket>> NoNetwork::Bind(const env::Endpoint&) {
  return Nobody();
}

// Hears what the server says.
class Recording::Peers final : public server::Transport {
 public:
  explicit Peers(Recording& recording) : recording_(recording) {}

  void Send(raft::Message message) override { recording_.OnMessage(message); }
  void Learn(NodeId, const env::Endpoint&) override {}
  void Forget(NodeId) override {}
  void Abandon(NodeId) override {}
  absl::StatusOr<server::Introduction> Introduce(const env::Endpoint&, Instant) override {
    return Nobody();
  }
  absl::StatusOr<server::ExecuteReply> Execute(NodeId, server::ExecuteRequest, Instant) override {
    return Nobody();
  }
  absl::StatusOr<server::ReadIndexReply> ReadIndex(NodeId, server::ReadIndexRequest,
                                                   Instant) override {
    return Nobody();
  }
  absl::StatusOr<server::AdminReply> Admin(NodeId, server::AdminRequest, Instant) override {
    return Nobody();
  }
  absl::StatusOr<server::SnapshotChunkReply> SendChunk(NodeId, server::SnapshotChunk,
                                                       Instant) override {
    return Nobody();
  }

 private:
  Recording& recording_;
};

Recording::Recording(std::string directory, uint64_t seed)
    : directory_(std::move(directory)),
      random_(seed),
      pick_(random_.Fork("pick")),
      scheduler_(stacks_, &pick_),
      disk_(ImageState(), &scheduler_),
      peers_(std::make_unique<Peers>(*this)) {
  lmdb::Options options;
  options.in_memory_directory = true;
  options.map_bytes = 64 << 20;
  tables_ = lmdb::Store::Open(directory_ + "/elsewhere", options, "", NullLogger()).value();
  machine_ = state::TableMachine::Open(*tables_).value();
  promises_.sent = std::make_shared<std::map<std::pair<Index, Term>, raft::Entry>>();
  promises_.digests = std::make_shared<std::map<Index, Hash128>>();
}

Recording::~Recording() = default;

raft::Configuration Recording::TheConfiguration() const {
  raft::Configuration configuration;
  configuration.voters = {{kLeader, "leader", "10.0.0.1:8300"},
                          {kOther, "other", "10.0.0.2:8300"},
                          {self_, "recorded", "10.0.0.3:8300"}};
  std::sort(configuration.voters.begin(), configuration.voters.end(),
            [](const raft::Member& a, const raft::Member& b) { return a.id < b.id; });
  configuration.cluster = kCluster;
  return configuration;
}

void Recording::Remember(DiskCall next, const std::string& path) {
  const bool barrier = IsBarrier(next) || after_barrier_;
  after_barrier_ = IsBarrier(next);
  // Right behind a sync of everything there is one image only, and of the other moments those that
  // leave nothing open are the same as the one before.
  if (barrier || disk_.state().HasPending()) {
    moments_.push_back({disk_.state(), promises_, next, path, barrier});
  }
}

absl::Status Recording::Live(const Script& script) {
  disk_.before = [this](DiskCall call, const std::string& path) { Remember(call, path); };
  absl::Status status = absl::UnknownError("the recorded server hangs");
  fiber::Group group(scheduler_);
  group.Spawn("life", [&] { status = Serve(script); });
  scheduler_.Run(Instant{0});
  disk_.before = nullptr;
  scheduler_.CancelAll();
  scheduler_.Run(Instant{0});
  KONSUL_CHECK(group.empty(), "a fiber of the recorded server does not end");
  return status;
}

absl::Status Recording::Serve(const Script& script) {
  node::Storage storage(scheduler_);
  const env::Env env{clock_,     network_,    disk_, random_.Fork(absl::StrCat("life", ++lives_)),
                     scheduler_, NullLogger()};
  const node::StorageOptions options{.name = "recorded",
                                     .wal_segment_bytes = 4096,
                                     .tables_path = directory_ + "/recorded",
                                     .tables_in_memory = true,
                                     .boot_id = ""};  // tables begin empty each time
  KONSUL_RETURN_IF_ERROR(storage.Open(env, options));
  promises_.id = self_ = storage.identity().id;

  server::Options server_options;
  server_options.id = self_;
  server_options.cluster = storage.identity().cluster;
  server_options.name = "recorded";
  server_options.address = {"10.0.0.3", 8300};
  server_options.bootstrap_expect = 0;
  server_options.snapshots.trailing_entries = 0;
  server_options.snapshots.trailing_bytes = 0;
  const auto store_cluster = [&](ClusterId cluster) {
    const absl::Status stored = storage.StoreCluster(cluster);
    if (stored.ok()) promises_.cluster = cluster;
    return stored;
  };
  const std::unique_ptr<server::Server> server =
      server::Server::Create(env, server_options,
                             {storage.log(), storage.TakeRecovered(), storage.machine(),
                              storage.snapshots(), store_cluster});
  server_ = server.get();
  fiber::Group group(scheduler_);
  server->Start(*peers_, group);
  if (log_.empty()) {
    AddEntry(raft::EntryKind::kConfiguration, TheConfiguration().Encode());
    Send(1, 1);
    KONSUL_RETURN_IF_ERROR(AwaitAcknowledged());
  }
  absl::Status status = script(*this);
  // What the script did not wait for.
  for (int i = 0; i < 1000 && status.ok(); ++i) status = scheduler_.Yield();
  Remember(DiskCall::kSync, "the end");
  disk_.before = nullptr;
  server_ = nullptr;
  group.Cancel();
  group.Join();
  return status;
}

absl::Status Recording::AwaitTrue(absl::string_view what, const std::function<bool()>& holds) {
  for (int i = 0; i < kPatience; ++i) {
    if (holds()) return absl::OkStatus();
    KONSUL_RETURN_IF_ERROR(scheduler_.Yield());
  }
  return absl::DeadlineExceededError(absl::StrCat("the recorded server never ", what));
}

void Recording::AddEntry(raft::EntryKind kind, std::string payload) {
  const raft::Entry entry{Index(log_.size() + 1), term_, kind,
                          raft::MakePayload(std::move(payload))};
  log_.push_back(entry);
  auto sent = std::make_shared<std::map<std::pair<Index, Term>, raft::Entry>>(*promises_.sent);
  (*sent)[{entry.index, entry.term}] = entry;
  promises_.sent = std::move(sent);
}

// Entries [from, to], from >= 1; none when to < from.
void Recording::Send(uint64_t from, uint64_t to) {
  promises_.highest_term = std::max(promises_.highest_term, term_);
  raft::AppendRequest request;
  request.prev_index = Index(from - 1);
  if (from > 1) request.prev_term = log_[from - 2].term;
  request.commit = std::min(committed_, Index(to));
  request.to_learner = true;
  for (uint64_t i = from; i <= to; ++i) request.entries.push_back(log_[i - 1]);
  if (!promises_.kept.empty() && !request.entries.empty()) {
    // A suffix that was acknowledged may be replaced from now on.
    const Promises::Kept& first = promises_.kept.front();
    const bool replaces = from <= first.upto.value && from <= first.log->size() &&
                          (*first.log)[from - 1].term != log_[from - 1].term;
    if (replaces) promises_.kept.push_back({std::make_shared<Log>(log_), Index(from)});
  }
  server_->OnRaftMessage({kLeader, self_, term_, std::move(request)});
}

void Recording::OnMessage(const raft::Message& message) {
  if (const auto* reply = std::get_if<raft::AppendReply>(&message.body)) {
    if (!reply->success) return;
    if (message.term > promises_.term) promises_.vote = NodeId();
    promises_.term = std::max(promises_.term, message.term);
    if (message.term != term_) return;
    acknowledged_ = std::max(acknowledged_, reply->match_or_rejected);
    promises_.kept = {{std::make_shared<Log>(log_), acknowledged_}};
  } else if (const auto* vote = std::get_if<raft::VoteReply>(&message.body)) {
    if (vote->pre || !vote->granted) return;
    promises_.term = message.term;
    promises_.vote = message.to;
  }
}

void Recording::Lead(uint64_t term, uint64_t keep) {
  term_ = Term(term);
  KONSUL_CHECK(keep >= committed_.value, "a leader has what is committed");
  log_.resize(keep);
  acknowledged_ = std::min(acknowledged_, Index(keep));
}

void Recording::Append(const std::vector<size_t>& value_bytes) {
  const uint64_t from = log_.size() + 1;
  for (const size_t bytes : value_bytes) {
    // Incompressible, so that snapshots have some size.
    std::string value;
    while (value.size() < bytes) {
      const uint64_t word = random_.Next();
      value.append(reinterpret_cast<const char*>(&word), sizeof(word));
    }
    value.resize(bytes);
    const std::string key = absl::StrCat("k", random_.Below(5));
    AddEntry(raft::EntryKind::kCommand, wire::EncodeCommand(wire::KvPut{key, value}));
  }
  Send(from, log_.size());
}

absl::Status Recording::AwaitAcknowledged() {
  return AwaitTrue("acknowledges", [this] { return acknowledged_.value >= log_.size(); });
}

absl::Status Recording::ApplyElsewhere(uint64_t upto) {
  auto digests = std::make_shared<std::map<Index, Hash128>>(*promises_.digests);
  for (uint64_t i = machine_->applied().value + 1; i <= upto; ++i) {
    const raft::Entry& entry = log_[i - 1];
    const bool command = entry.kind == raft::EntryKind::kCommand;
    const state::Committed one{entry.index, command ? absl::string_view(*entry.payload) : ""};
    KONSUL_RETURN_IF_ERROR(machine_->Apply({&one, 1}).status());
    (*digests)[entry.index] = machine_->digest();
  }
  promises_.digests = std::move(digests);
  return absl::OkStatus();
}

absl::Status Recording::Commit(uint64_t index) {
  KONSUL_CHECK(Index(index) <= acknowledged_, "only what is acknowledged is committed");
  committed_ = Index(index);
  KONSUL_RETURN_IF_ERROR(ApplyElsewhere(index));
  Send(log_.size() + 1, log_.size());
  return AwaitTrue("applies", [&] { return server_->raft_status().applied >= committed_; });
}

absl::Status Recording::Vote(uint64_t term) {
  promises_.highest_term = std::max(promises_.highest_term, Term(term));
  raft::VoteRequest request{
      .transfer = true, .last_index = Index(log_.size() + 1), .last_term = Term(term)};
  server_->OnRaftMessage({kOther, self_, Term(term), request});
  return AwaitTrue("votes", [&] { return promises_.term == Term(term); });
}

absl::Status Recording::TakeSnapshot() {
  const absl::StatusOr<Index> taken = server_->TakeSnapshot(Instant::Never());
  if (taken.ok()) promises_.snapshot = std::max(promises_.snapshot, *taken);
  return taken.status();
}

absl::Status Recording::Install(size_t commands, size_t chunk_bytes) {
  for (size_t i = 0; i < commands; ++i) {
    const std::string key = absl::StrCat("k", i % 5);
    const std::string value = absl::StrCat(random_.Next(), random_.Next());
    AddEntry(raft::EntryKind::kCommand, wire::EncodeCommand(wire::KvPut{key, value}));
  }
  promises_.highest_term = std::max(promises_.highest_term, term_);
  committed_ = Index(log_.size());
  KONSUL_RETURN_IF_ERROR(ApplyElsewhere(log_.size()));

  ImageDisk disk(ImageState(), &scheduler_);
  KONSUL_ASSIGN_OR_RETURN(const auto store, snapshot::Open(disk, {}, NullLogger(), scheduler_));
  KONSUL_ASSIGN_OR_RETURN(const auto frozen, machine_->Freeze());
  server::SnapshotMeta meta;
  meta.point.last = {committed_, log_.back().term};
  meta.point.configuration_index = Index(1);
  meta.point.configuration = TheConfiguration();
  meta.digest = frozen.digest;
  {
    KONSUL_ASSIGN_OR_RETURN(const auto writer, store->Create(meta));
    state::Row row;
    while (true) {
      KONSUL_ASSIGN_OR_RETURN(const bool more, frozen.rows->Next(row));
      if (!more) break;
      KONSUL_RETURN_IF_ERROR(writer->Add(row));
    }
    KONSUL_ASSIGN_OR_RETURN(meta, writer->Finish());
  }
  KONSUL_ASSIGN_OR_RETURN(const auto file, store->OpenLatest());
  server::SnapshotChunkReply reply;
  while (!reply.installed) {
    KONSUL_ASSIGN_OR_RETURN(std::string bytes, file->ReadAt(reply.offset, chunk_bytes));
    server::SnapshotChunk chunk{kLeader, term_, meta, reply.offset, std::move(bytes), true};
    KONSUL_ASSIGN_OR_RETURN(reply, server_->OnSnapshotChunk(std::move(chunk), Instant::Never()));
  }
  // The file is there from now on; the log follows it later.
  promises_.snapshot = committed_;
  acknowledged_ = committed_;
  return AwaitTrue("takes the snapshot",
                   [&] { return server_->raft_status().last_index >= committed_; });
}

}  // namespace konsul::images
