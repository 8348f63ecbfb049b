// The plain values that consensus takes and gives. FlatBuffers stay outside (core/wire).
//
// Source: D. Ongaro, "Consensus: Bridging Theory and Practice" (2014), called "thesis" below, and
// Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (USENIX ATC 2014,
// extended version), called "paper".
#ifndef KONSUL_CORE_RAFT_TYPES_H_
#define KONSUL_CORE_RAFT_TYPES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace konsul::raft {

// Bytes of an entry, encoded once and shared by log, network and apply. Never null in an Entry.
using Payload = std::shared_ptr<const std::string>;
Payload MakePayload(std::string bytes);

enum class EntryKind : uint8_t {
  kNoop = 0,           // a new leader's first entry of its term (thesis 6.4, paper 8)
  kCommand = 1,        // for the state machine
  kConfiguration = 2,  // an encoded Configuration (configuration.h); takes effect when appended
};

struct Entry {
  Index index;
  Term term;
  EntryKind kind = EntryKind::kNoop;
  Payload payload = MakePayload("");

  friend bool operator==(const Entry& a, const Entry& b) {
    return a.index == b.index && a.term == b.term && a.kind == b.kind && *a.payload == *b.payload;
  }
};

// An entry by its place. 0/0 is the place before the first one.
struct LogPosition {
  Index index;
  Term term;
  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// What a server must find again after a restart besides its log (paper, figure 2).
struct HardState {
  Term term;
  NodeId vote;  // 0: none in this term
  friend bool operator==(const HardState&, const HardState&) = default;
};

// ---- Messages. Every one carries the sender's term. ---------------------------------------------

// RequestVote RPC (paper 5.2, 5.4.1); with `pre` the question of thesis 9.6, "would you?", which
// binds nobody and for which `term` is the term that the candidate would campaign in; a reply that
// grants it echoes that term, one that refuses it carries the sender's own.
struct VoteRequest {
  bool pre = false;
  // The leader itself asked for this election (TimeoutNow), so nobody protects it.
  bool transfer = false;
  Index last_index;
  Term last_term;
};
struct VoteReply {
  bool pre = false;
  bool granted = false;
};

// AppendEntries RPC (paper 5.3). Without entries it is a heartbeat, or a probe. `read_round` is
// echoed: a leader that sees it echoed by a quorum knows that it led when it sent it (thesis 6.4).
// So is `sent`, the leader's clock in nanoseconds: the receiver will not help another candidate for
// Options::lease_promise after it got this, and the leader's lease begins when it sent it.
struct AppendRequest {
  Index prev_index;
  Term prev_term;
  Index commit;  // never beyond what this message proves to match at the receiver
  uint64_t read_round = 0;
  int64_t sent = 0;
  std::vector<Entry> entries;
  // The receiver counts for nothing yet. Whoever has no log at all takes no other appends.
  bool to_learner = false;
};
struct AppendReply {
  bool success = false;
  // success: the receiver's log matches the leader's up to here, durably.
  // failure: the rejected prev_index.
  Index match_or_rejected;
  // failure: the next prev_index worth trying, and the receiver's term there (paper 5.3, end).
  Index hint_index;
  Term hint_term;
  uint64_t read_round = 0;
  int64_t sent = 0;
};

// Thesis 3.10: the leader hands over. The receiver campaigns at once, without pre-vote.
struct TimeoutNow {};

struct Message {
  NodeId from;
  NodeId to;
  Term term;
  std::variant<VoteRequest, VoteReply, AppendRequest, AppendReply, TimeoutNow> body;
};

// "RequestVote 1->2 t3 last=5/2": one line, for transcripts and traces.
std::string Describe(const Message& message);
std::string Describe(const Entry& entry);

enum class Role : uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };
absl::string_view RoleName(Role role);

}  // namespace konsul::raft

#endif  // KONSUL_CORE_RAFT_TYPES_H_
