#include "sim/checkers/log_safety.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

uint64_t ContentHash(const raft::Entry& entry) {
  return HashContent(*entry.payload, static_cast<uint64_t>(entry.kind));
}

void LogSafety::OnStart(const raft::Status& status) { processes_[status.id] = Process{}; }

void LogSafety::OnBase(NodeId node, const raft::LogPosition& base) {
  if (base.index == Index(0)) return;
  const bool known = base.index.value <= committed_.size();
  if (known && committed_[base.index.value - 1].term == base.term) return;
  findings_.Report(
      "state-machine-safety",
      absl::StrCat(
          ToHex(node.value), " has a snapshot up to index ", base.index.value, " of term ",
          base.term.value, ", ",
          known ? absl::StrCat("but an entry of term ", committed_[base.index.value - 1].term.value,
                               " was committed there")
                : absl::StrCat("while only ", committed_.size(), " are committed")));
}

void LogSafety::OnStatus(const raft::Status& status, const EntryAt& entry_at) {
  Process& process = processes_[status.id];
  if (status.role == raft::Role::kLeader && process.checked_as_leader != status.term) {
    process.checked_as_leader = status.term;
    CheckCompleteness(status, entry_at);
  }
}

void LogSafety::CheckCompleteness(const raft::Status& status, const EntryAt& entry_at) {
  // What is in the snapshot was committed, see OnBase.
  for (size_t i = status.log_base.value; i < committed_.size(); ++i) {
    const Committed& committed = committed_[i];
    // A deposed leader of an older term may win late news of itself; only later leaders must know.
    if (committed.by >= status.term) continue;
    const raft::Entry* entry = entry_at(Index(i + 1));
    if (entry != nullptr && entry->term == committed.term) continue;
    findings_.Report(
        "leader-completeness",
        absl::StrCat(ToHex(status.id.value), " leads term ", status.term.value, " without entry ",
                     i + 1, " of term ", committed.term.value, ", committed in term ",
                     committed.by.value, "; it has ",
                     entry == nullptr ? "nothing" : absl::StrCat("term ", entry->term.value),
                     " there"));
    return;
  }
}

void LogSafety::OnAppend(NodeId node, Term before, absl::Span<const raft::Entry> entries) {
  for (const raft::Entry& entry : entries) {
    const Identity identity{before, ContentHash(entry)};
    const auto [it, inserted] = entries_.emplace(std::make_pair(entry.index, entry.term), identity);
    if (!inserted && it->second.content != identity.content) {
      findings_.Report("log-matching", absl::StrCat(ToHex(node.value), " appends at index ",
                                                    entry.index.value, ", term ", entry.term.value,
                                                    ", another content than was there before"));
    }
    if (!inserted && it->second.before != identity.before) {
      findings_.Report(
          "log-matching",
          absl::StrCat(ToHex(node.value), " appends index ", entry.index.value, ", term ",
                       entry.term.value, " after an entry of term ", before.value,
                       "; elsewhere it follows one of term ", it->second.before.value));
    }
    before = entry.term;
  }
}

void LogSafety::OnCommit(const raft::Status& status, absl::Span<const raft::Entry> entries) {
  for (const raft::Entry& entry : entries) {
    const Committed mine{entry.term, ContentHash(entry), status.term};
    if (entry.index.value > committed_.size() + 1 || entry.index.value == 0) {
      findings_.Report("state-machine-safety",
                       absl::StrCat(ToHex(status.id.value), " commits index ", entry.index.value,
                                    " while only ", committed_.size(), " are known to anyone"));
      return;
    }
    if (entry.index.value == committed_.size() + 1) {
      committed_.push_back(mine);
      continue;
    }
    Committed& known = committed_[entry.index.value - 1];
    if (known.term != mine.term || known.content != mine.content) {
      findings_.Report(
          "state-machine-safety",
          absl::StrCat(ToHex(status.id.value), " commits index ", entry.index.value,
                       " with an entry of term ", mine.term.value, ", but an entry of term ",
                       known.term.value, known.term == mine.term ? " and other content" : "",
                       " was committed there before"));
    }
    known.by = std::min(known.by, mine.by);
  }
}

}  // namespace konsul::checkers
