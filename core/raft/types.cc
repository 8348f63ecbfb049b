#include "core/raft/types.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace konsul::raft {
namespace {

// Longest payload shown in full.
constexpr size_t kShownMax = 24;

std::string Position(Index index, Term term) { return absl::StrCat(index.value, "/", term.value); }

absl::string_view KindName(EntryKind kind) {
  switch (kind) {
    case EntryKind::kNoop:
      return "noop";
    case EntryKind::kCommand:
      return "command";
    case EntryKind::kConfiguration:
      return "configuration";
  }
  return "?";
}

struct Describer {
  // "RequestVote 1->2 t3": ids in hexadecimal, so that real ones look as they do everywhere.
  std::string Head(absl::string_view name) const {
    return absl::StrCat(name, " ", absl::Hex(m.from.value), "->", absl::Hex(m.to.value), " t",
                        m.term.value);
  }
  std::string Round(uint64_t round) const {
    return round == 0 ? "" : absl::StrCat(" round=", round);
  }

  std::string operator()(const VoteRequest& v) const {
    return absl::StrCat(Head(v.pre ? "PreVote" : "RequestVote"),
                        " last=", Position(v.last_index, v.last_term),
                        v.transfer ? " transfer" : "");
  }
  std::string operator()(const VoteReply& v) const {
    return absl::StrCat(Head(v.pre ? "PreVoteReply" : "RequestVoteReply"),
                        v.granted ? " granted" : " rejected");
  }
  std::string operator()(const AppendRequest& a) const {
    std::string text = absl::StrCat(Head(a.entries.empty() ? "Heartbeat" : "Append"),
                                    " prev=", Position(a.prev_index, a.prev_term),
                                    " commit=", a.commit.value, Round(a.read_round));
    if (a.entries.empty()) return text;
    const Entry& first = a.entries.front();
    const Entry& last = a.entries.back();
    absl::StrAppend(&text, " entries=", Position(first.index, first.term));
    if (a.entries.size() > 1) absl::StrAppend(&text, "..", Position(last.index, last.term));
    return text;
  }
  std::string operator()(const AppendReply& a) const {
    if (a.success) {
      return absl::StrCat(Head("AppendReply"), " match=", a.match_or_rejected.value,
                          Round(a.read_round));
    }
    return absl::StrCat(Head("AppendReply"), " rejected=", a.match_or_rejected.value,
                        " hint=", Position(a.hint_index, a.hint_term), Round(a.read_round));
  }
  std::string operator()(const TimeoutNow&) const { return Head("TimeoutNow"); }

  const Message& m;
};

}  // namespace

Payload MakePayload(std::string bytes) {
  // Entries without bytes are many and default-constructed; they share one string.
  static const Payload kEmpty = std::make_shared<const std::string>();
  if (bytes.empty()) return kEmpty;
  return std::make_shared<const std::string>(std::move(bytes));
}

std::string Describe(const Message& message) {
  return std::visit(Describer{message}, message.body);
}

std::string Describe(const Entry& entry) {
  std::string text = absl::StrCat(Position(entry.index, entry.term), " ", KindName(entry.kind));
  if (entry.kind != EntryKind::kCommand) return text;
  const std::string& bytes = *entry.payload;
  if (bytes.size() > kShownMax) return absl::StrCat(text, " (", bytes.size(), " bytes)");
  return absl::StrCat(text, " \"", absl::CHexEscape(bytes), "\"");
}

absl::string_view RoleName(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "?";
}

}  // namespace konsul::raft
