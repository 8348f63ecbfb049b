// What a picture of a run is made of: plain columns, filled by a Recorder, written by Serialize.
//
// Servers are numbered from 0 in the order of their machines, n1 first. Times are nanoseconds since
// the run began, in the world's own time.
#ifndef KONSUL_SIM_REPORT_RECORDING_H_
#define KONSUL_SIM_REPORT_RECORDING_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace konsul::report {

// What a server is between two moments. The first ones are raft::Role, number for number.
enum class State : uint8_t {
  kFollower,
  kPreCandidate,
  kCandidate,
  kLeader,
  kDown,      // no process
  kStarting,  // a process that has not recovered its log yet
};

struct Span {
  int64_t begin = 0;  // ends where the next one begins
  State state = State::kDown;
  uint64_t term = 0;
};

struct Progress {
  int64_t at = 0;
  uint64_t last = 0, durable = 0, commit = 0, applied = 0;
};

struct ServerTrack {
  std::string name;
  std::vector<std::string> ids;  // that servers on this machine had, as logs show them
  std::string address;           // where clients ask it
  std::vector<Span> spans;       // two that follow each other differ
  std::vector<Progress> progress;
};

enum class MessageKind : uint8_t {
  kPreVote,
  kPreVoteReply,
  kVote,
  kVoteReply,
  kAppend,
  kHeartbeat,  // an append without entries
  kAppendReply,
  kAppendReject,
  kTimeoutNow,
};

enum class Fate : uint8_t {
  kDelivered,
  kCut,           // the link was cut when it was sent, or right after
  kReceiverDown,  // nobody was there, or not for long
  kLost,          // a reset, a full queue, a dying sender
  kUnderWay,      // when the run ended
};

struct MessageRecord {
  MessageKind kind = MessageKind::kHeartbeat;
  Fate fate = Fate::kLost;
  uint32_t from = 0;
  uint32_t to = 0;
  uint64_t term = 0;
  int64_t sent = 0;
  int64_t received = -1;  // -1: never
  // By kind; append: previous index, entries, commit; reply: match or rejected, hint; vote request:
  // last index, last term; vote reply: granted.
  uint64_t a = 0, b = 0, c = 0;
};

// What one server asked another outside of the messages of consensus.
struct CallRecord {
  enum class Kind : uint8_t { kWrite, kReadIndex };
  Kind kind = Kind::kWrite;
  uint32_t from = 0;
  uint32_t to = 0;
  int64_t begin = 0;
  int64_t end = 0;
  std::string outcome;  // "ok", or what came instead of an answer
};

// A snapshot on its way from a leader.
struct TransferRecord {
  uint32_t from = 0;
  uint32_t to = 0;
  uint64_t index = 0;  // of its last entry
  uint64_t bytes = 0;
  int64_t begin = 0;
  int64_t end = 0;
  std::string outcome;                              // "complete", or why not
  std::vector<std::pair<int64_t, uint64_t>> steps;  // how many bytes were there, and when
};

// Something at one moment: what a server's log says, or what the world did to a host.
struct Mark {
  enum class Kind : uint8_t { kLog, kWarning, kError, kWorld, kSnapshot };
  int64_t at = 0;
  Kind kind = Kind::kLog;
  std::string host;
  std::string text;
};

struct FaultSpan {
  uint64_t id = 0;
  int64_t begin = 0;
  int64_t end = 0;   // equal to begin: a moment
  std::string kind;  // chaos::KindName
  std::string name;  // in the experiment
  std::string text;  // chaos::Describe
  std::vector<std::string> targets;
  std::vector<std::pair<std::string, std::string>> links;
};

struct OperationRecord {
  size_t lane = 0;
  std::string what;  // "put"
  std::string key;
  std::string detail;  // "= v17"
  std::string server;
  std::string outcome;  // "ok", "refused", "unknown", "not sent", "pending"
  int64_t begin = 0;
  int64_t end = 0;
};

struct FindingRecord {
  int64_t at = 0;
  std::string oracle;
  std::string text;
  // Whom the text is about: positions in servers and operations, and terms.
  std::vector<size_t> servers;
  std::vector<size_t> operations;
  std::vector<uint64_t> terms;
};

struct Phase {
  int64_t begin = 0;
  std::string name;
};

// How often an oracle looked, in slices of kCheckSlice.
inline constexpr int64_t kCheckSlice = 10'000'000;
using Checks = std::map<int64_t, uint64_t>;  // by number of the slice

struct Recording {
  int64_t end = 0;
  std::vector<ServerTrack> servers;
  std::vector<std::string> lanes;       // of clients
  std::vector<MessageRecord> messages;  // by the time of sending
  std::vector<CallRecord> calls;        // by their begin
  std::vector<TransferRecord> transfers;
  std::vector<Mark> marks;
  std::vector<FaultSpan> faults;
  std::vector<OperationRecord> operations;
  std::vector<FindingRecord> findings;
  std::vector<Phase> phases;
  std::map<std::string, Checks> checks;  // by oracle
};

// What the head of the page says; not part of what is recorded.
struct Heading {
  std::string scenario;
  uint64_t seed = 0;
  std::string verdict;
  std::string hash;
  std::string repeat;   // the command
  uint64_t events = 0;  // of the run's trace
  std::string tunables;
  std::string buggify;  // what the simulator chose to do oddly, "short-append 12, ..."
};

}  // namespace konsul::report

#endif  // KONSUL_SIM_REPORT_RECORDING_H_
