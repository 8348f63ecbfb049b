#include "sim/checkers/stream_completeness.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace konsul::checkers {
namespace {

constexpr char kOracle[] = "stream-completeness";

std::string Show(const std::optional<std::string>& row) {
  return row ? row->substr(0, 60) : "(deleted)";
}

// The first key about which the two differ.
std::string Difference(const StreamCompleteness::Changes& told,
                       const StreamCompleteness::Changes& truth) {
  for (const auto& [key, row] : truth) {
    const auto it = told.find(key);
    if (it == told.end()) return absl::StrCat("nothing of ", key, " = ", Show(row));
    if (it->second != row)
      return absl::StrCat(key, " = ", Show(it->second), " and not ", Show(row));
  }
  for (const auto& [key, row] : told) {
    if (!truth.contains(key)) return absl::StrCat(key, " = ", Show(row), ", which nobody made");
  }
  return "";
}

}  // namespace

size_t StreamCompleteness::Add(std::vector<std::string> prefixes, bool coalesce) {
  streamers_.push_back({std::move(prefixes), coalesce, 0, 0});
  return streamers_.size() - 1;
}

void StreamCompleteness::OnCommitted(uint64_t index, const Changes& changes) {
  committed_ = index;
  if (!changes.empty()) history_[index] = changes;
}

void StreamCompleteness::OnServerBegins(const std::string& server, uint64_t index) {
  uint64_t& begins = begins_[server];
  begins = std::max(begins, index);
}

bool StreamCompleteness::Concerns(const Streamer& streamer, const std::string& key) {
  return std::any_of(streamer.prefixes.begin(), streamer.prefixes.end(),
                     [&](const std::string& prefix) { return absl::StartsWith(key, prefix); });
}

uint64_t StreamCompleteness::FirstConcern(const Streamer& streamer, uint64_t after,
                                          uint64_t upto) const {
  for (auto it = history_.upper_bound(after); it != history_.end() && it->first <= upto; ++it) {
    for (const auto& [key, row] : it->second) {
      if (Concerns(streamer, key)) return it->first;
    }
  }
  return 0;
}

void StreamCompleteness::Report(size_t streamer, const std::string& server,
                                const std::string& what) {
  const Streamer& s = streamers_[streamer];
  findings_.Report(
      kOracle, absl::StrCat("streamer ", streamer, " of ", absl::StrJoin(s.prefixes, " and "),
                            ", who is at index ", s.position, ", was told by ", server, " ", what));
}

void StreamCompleteness::OnState(size_t streamer, const std::string& server, uint64_t index,
                                 const Rows& rows) {
  Streamer& s = streamers_[streamer];
  Changes truth;
  for (auto it = history_.begin(); it != history_.end() && it->first <= index; ++it) {
    for (const auto& [key, row] : it->second) {
      if (!Concerns(s, key)) continue;
      if (row) {
        truth[key] = row;
      } else {
        truth.erase(key);
      }
    }
  }
  const std::string difference = Difference(Changes(rows.begin(), rows.end()), truth);
  if (s.position != 0) {
    Report(streamer, server, absl::StrCat("the state, of index ", index, ", without asking"));
  } else if (index > committed_ || index < s.seen) {
    Report(streamer, server,
           absl::StrCat("the state of index ", index, ", when ", s.seen, " was known and ",
                        committed_, " committed"));
  } else if (!difference.empty()) {
    Report(streamer, server, absl::StrCat("as the state of index ", index, " ", difference));
  }
  s.position = index;
  s.seen = std::max(s.seen, index);
}

void StreamCompleteness::OnChanges(size_t streamer, const std::string& server, uint64_t index,
                                   const Changes& changes) {
  Streamer& s = streamers_[streamer];
  const uint64_t first = FirstConcern(s, s.position, committed_);
  Changes truth;
  if (index > s.position) {
    for (auto it = history_.upper_bound(s.position); it != history_.end() && it->first <= index;
         ++it) {
      for (const auto& [key, row] : it->second) {
        if (Concerns(s, key)) truth[key] = row;
      }
    }
  }
  const std::string difference = Difference(changes, truth);
  if (s.position == 0) {
    Report(streamer, server, absl::StrCat("changes of index ", index, " before the state"));
  } else if (index <= s.position) {
    Report(streamer, server, absl::StrCat("changes of index ", index, " again"));
  } else if (index > committed_) {
    Report(streamer, server, absl::StrCat("changes of index ", index, ", which is not committed"));
  } else if (FirstConcern(s, index - 1, index) == 0) {
    Report(streamer, server, absl::StrCat("changes of index ", index, ", which has none for it"));
  } else if (!s.coalesce && index != first) {
    Report(streamer, server, absl::StrCat("changes of index ", index, " without those of ", first));
  } else if (!difference.empty()) {
    Report(streamer, server, absl::StrCat("as of index ", index, " ", difference));
  }
  s.position = std::max(s.position, index);
  s.seen = std::max(s.seen, s.position);
}

void StreamCompleteness::OnProgress(size_t streamer, const std::string& server, uint64_t index) {
  Streamer& s = streamers_[streamer];
  const uint64_t missing = FirstConcern(s, s.position, index);
  if (s.position == 0 || index <= s.position || index > committed_) {
    Report(streamer, server,
           absl::StrCat("that it knows everything up to ", index, ", when ", committed_,
                        " is committed"));
  } else if (missing != 0) {
    Report(streamer, server,
           absl::StrCat("that it knows everything up to ", index, ", but not of the changes of ",
                        missing));
  }
  s.position = std::max(s.position, index);
  s.seen = std::max(s.seen, s.position);
}

void StreamCompleteness::OnTooLate(size_t streamer, const std::string& server, uint64_t oldest) {
  Streamer& s = streamers_[streamer];
  // That the server cannot have pushed out yet, if it has the rest.
  size_t since = 0;
  for (auto it = history_.lower_bound(oldest); it != history_.end(); ++it) {
    since += it->second.size();
  }
  const uint64_t begins = std::max(begins_[server], restored_);
  if (oldest <= s.position) {
    Report(streamer, server, absl::StrCat("that this is too late for ", oldest));
  } else if (oldest > begins && since <= kept_) {
    Report(streamer, server,
           absl::StrCat("that nothing is known before ", oldest, ", though it begins with ", begins,
                        " and only ", since, " changes came since"));
  }
  s.position = 0;
}

std::string StreamCompleteness::WhoIsBehind() const {
  for (size_t i = 0; i < streamers_.size(); ++i) {
    const Streamer& s = streamers_[i];
    const uint64_t missing = FirstConcern(s, s.position, committed_);
    if (s.position != 0 && missing == 0) continue;
    return absl::StrCat("streamer ", i, " of ", absl::StrJoin(s.prefixes, " and "),
                        ", who is at index ", s.position, ", does not know of the changes of ",
                        missing);
  }
  return "";
}

}  // namespace konsul::checkers
