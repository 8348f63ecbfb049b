#include "net/api/stats_json.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "net/api/text.h"

namespace konsul::net_api {
namespace {

// One field each.
void Field(absl::string_view key, absl::string_view value, JsonWriter& json) {
  json.Key(key);
  json.String(value);
}
void Field(absl::string_view key, uint64_t value, JsonWriter& json) {
  json.Key(key);
  json.Number(value);
}
void Field(absl::string_view key, Index value, JsonWriter& json) { Field(key, value.value, json); }
void Flag(absl::string_view key, bool value, JsonWriter& json) {
  json.Key(key);
  json.Bool(value);
}

// "" for nobody.
std::string IdText(uint64_t id) { return id == 0 ? "" : ToHex(id); }

void WriteMemberFields(const raft::Member& member, JsonWriter& json) {
  Field("ID", IdText(member.id.value), json);
  Field("Node", member.name, json);
  Field("Address", member.address, json);
}

void WritePeer(const server::Peer& peer, Index last_index, JsonWriter& json) {
  json.BeginObject();
  WriteMemberFields(peer.member, json);
  Flag("Leader", peer.leader, json);
  Flag("Voter", peer.voter, json);
  Flag("Leaving", peer.leaving, json);
  if (peer.progress.has_value()) {
    const Index match = peer.progress->match;
    Field("MatchIndex", match, json);
    Field("Lag", match < last_index ? last_index - match : 0, json);
    Field("LastContact", FormatDuration(peer.progress->last_contact), json);
    Flag("Snapshot", peer.progress->snapshot, json);
  }
  json.EndObject();
}

void WriteTiming(absl::string_view key, const server::Timing& timing, JsonWriter& json) {
  json.Key(key);
  json.BeginObject();
  Field("Count", timing.count, json);
  Field("Sum", FormatDuration(timing.sum), json);
  Field("Max", FormatDuration(timing.max), json);
  json.EndObject();
}

// The fields that status and stats have in common.
void WritePosition(const server::ServerStats& stats, JsonWriter& json) {
  Field("ID", IdText(stats.id.value), json);
  Field("Node", stats.name, json);
  Field("Cluster", IdText(stats.cluster.value), json);
  Field("State", raft::RoleName(stats.role), json);
  Field("Term", stats.term.value, json);
  Field("LastContact", FormatDuration(stats.last_contact), json);
  Field("LastIndex", stats.last_index, json);
  Field("CommitIndex", stats.commit, json);
  Field("AppliedIndex", stats.applied, json);
}

}  // namespace

void WriteMember(const raft::Member& member, JsonWriter& json) {
  json.BeginObject();
  WriteMemberFields(member, json);
  json.EndObject();
}

void WriteStatus(const server::ServerStats& stats, const server::Membership& members,
                 JsonWriter& json) {
  const auto find = [&](auto matches) {
    const auto it = std::find_if(members.peers.begin(), members.peers.end(), matches);
    return it == members.peers.end() ? nullptr : &*it;
  };
  const server::Peer* leader = find([](const server::Peer& peer) { return peer.leader; });
  json.BeginObject();
  WritePosition(stats, json);
  json.Key("Leader");
  if (leader == nullptr) {
    json.Null();
  } else {
    WriteMember(leader->member, json);
  }
  Field("Voters",
        static_cast<uint64_t>(std::count_if(members.peers.begin(), members.peers.end(),
                                            [](const server::Peer& peer) { return peer.voter; })),
        json);
  Field("Servers", members.peers.size(), json);
  Flag("Changing", members.joint, json);
  Flag("Member", find([&](const server::Peer& p) { return p.member.id == stats.id; }) != nullptr,
       json);
  json.EndObject();
}

void WriteMembership(const server::Membership& members, JsonWriter& json) {
  json.BeginObject();
  Field("Index", members.configuration_index, json);
  Field("Term", members.term.value, json);
  Field("LastIndex", members.last_index, json);
  Flag("Changing", members.joint, json);
  json.Key("Peers");
  json.BeginArray();
  for (const server::Peer& peer : members.peers) WritePeer(peer, members.last_index, json);
  json.EndArray();
  json.EndObject();
}

void WriteStats(const server::ServerStats& stats, JsonWriter& json) {
  json.BeginObject();
  WritePosition(stats, json);
  Field("Leader", IdText(stats.leader.value), json);
  Field("DurableIndex", stats.durable, json);
  Field("LogBaseIndex", stats.log_base, json);
  Field("SnapshotIndex", stats.snapshot_index, json);
  Field("SnapshotBytes", stats.snapshot_bytes, json);
  Field("LeaderChanges", stats.leader_changes, json);
  Field("Elections", stats.elections, json);
  Field("LogEntries", stats.log_entries, json);
  Field("RejectedProposals", stats.rejected_proposals, json);
  Field("UncommittedBytes", stats.uncommitted_bytes, json);
  Field("SnapshotsSent", stats.snapshots_sent, json);
  Field("SnapshotsInstalled", stats.snapshots_installed, json);
  WriteTiming("CommitTime", stats.commit_time, json);
  WriteTiming("ApplyTime", stats.apply_time, json);
  WriteTiming("SyncTime", stats.sync_time, json);
  WriteTiming("SnapshotTime", stats.snapshot_time, json);
  json.EndObject();
}

}  // namespace konsul::net_api
