// Who follows a change stream is told everything, once, in order.
//
// The truth is the sequence of committed commands: what each of them changed in the table is told
// by the runner, which applies them itself (sim/cluster/committed_changes.h). A streamer has a
// place in it, from which it goes on with any server after any failure. It must be told
//
//   the state, when it begins: exactly the rows of that index, which is not before its last place
//   changes: exactly those of the next index that concerns it; coalesced, the last one of each key
//     up to the index that it is told
//   progress: an index up to which nothing that concerns it is missing
//   too late: only when the server cannot know what comes next, because it started or got a
//     snapshot since, or because more has changed than it keeps
//
// Does not check: how long any of this takes, except by the runner at the end (WhoIsBehind).
#ifndef KONSUL_SIM_CHECKERS_STREAM_COMPLETENESS_H_
#define KONSUL_SIM_CHECKERS_STREAM_COMPLETENESS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"

namespace konsul::checkers {

// Reports as "stream-completeness". Owned by the runner.
class StreamCompleteness {
 public:
  // Rows as text, all fields of them, by key; nothing: deleted.
  using Rows = std::map<std::string, std::string>;
  using Changes = std::map<std::string, std::optional<std::string>>;

  explicit StreamCompleteness(Findings& findings) : findings_(findings) {}

  // How many changes servers keep.
  void SetKept(size_t changes) { kept_ = changes; }
  // The command of this index was committed; in order, without gaps.
  void OnCommitted(uint64_t index, const Changes& changes);
  // A server knows nothing of what was before: it has started with, or loaded, the state of then.
  void OnServerBegins(const std::string& server, uint64_t index);
  // The command of this index puts other tables in the place of those of before, on every server.
  void OnRestored(uint64_t index) { restored_ = index; }

  // Somebody who follows these prefixes; his number.
  size_t Add(std::vector<std::string> prefixes, bool coalesce);
  void OnState(size_t streamer, const std::string& server, uint64_t index, const Rows& rows);
  void OnChanges(size_t streamer, const std::string& server, uint64_t index,
                 const Changes& changes);
  void OnProgress(size_t streamer, const std::string& server, uint64_t index);
  // Of `server`, nothing can be had that is not behind `oldest`. The streamer begins anew.
  void OnTooLate(size_t streamer, const std::string& server, uint64_t oldest);

  // Where it goes on; 0 when it begins anew.
  uint64_t position(size_t streamer) const { return streamers_[streamer].position; }
  const std::vector<std::string>& prefixes(size_t streamer) const {
    return streamers_[streamer].prefixes;
  }
  bool coalesces(size_t streamer) const { return streamers_[streamer].coalesce; }
  size_t size() const { return streamers_.size(); }
  // Somebody who has not been told of a change, and of which; empty: there is nobody.
  std::string WhoIsBehind() const;

 private:
  struct Streamer {
    std::vector<std::string> prefixes;
    bool coalesce = false;
    uint64_t position = 0;
    uint64_t seen = 0;  // the highest position that it ever had
  };

  static bool Concerns(const Streamer& streamer, const std::string& key);
  // Of those in `(after, upto]` that concern the streamer, the first index; 0: there is none.
  uint64_t FirstConcern(const Streamer& streamer, uint64_t after, uint64_t upto) const;
  void Report(size_t streamer, const std::string& server, const std::string& what);

  Findings& findings_;
  size_t kept_ = 0;
  uint64_t committed_ = 0;
  uint64_t restored_ = 0;
  std::map<uint64_t, Changes> history_;
  std::map<std::string, uint64_t> begins_;
  std::vector<Streamer> streamers_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_STREAM_COMPLETENESS_H_
