#include "sim/images/promises.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace konsul::images {
namespace {

std::string Show(const raft::LogPosition& position) {
  return absl::StrCat(position.index.value, "/", position.term.value);
}

}  // namespace

std::string Promises::Judge(const Found& found) const {
  if (!found.status.ok()) return absl::StrCat("recovery fails: ", found.status.ToString());
  if (id != NodeId() && found.id != id) {
    return absl::StrCat("the server is now ", ToHex(found.id.value), ", not ", ToHex(id.value));
  }
  if (cluster != ClusterId() && found.cluster != cluster) return "the cluster id is lost";
  const raft::HardState& hard = found.hard_state;
  if (hard.term < term || (hard.term == term && vote != NodeId() && hard.vote != vote)) {
    return absl::StrCat("term ", hard.term.value, " with vote ", hard.vote.value,
                        ", but others were told term ", term.value, " with vote ", vote.value);
  }
  if (hard.term > highest_term) {
    return absl::StrCat("term ", hard.term.value, " comes from nowhere");
  }
  if (found.snapshot.index < snapshot) {
    return absl::StrCat("the snapshot ends at ", found.snapshot.index.value,
                        ", but one that ends at ", snapshot.value, " was finished");
  }
  if (found.snapshot.index > Index()) {
    const auto digest = digests->find(found.snapshot.index);
    if (found.applied != found.snapshot.index || digest == digests->end() ||
        digest->second != found.digest) {
      return absl::StrCat("the tables at ", found.applied.value, " are not those of the snapshot ",
                          Show(found.snapshot));
    }
  }
  return JudgeLog(found);
}

std::string Promises::JudgeLog(const Found& found) const {
  raft::LogPosition before;
  for (const raft::Entry& entry : found.entries) {
    const raft::LogPosition at{entry.index, entry.term};
    const auto written = sent->find({entry.index, entry.term});
    if (written == sent->end() || !(written->second == entry)) {
      return absl::StrCat("nobody wrote entry ", Show(at), " as it is in the log");
    }
    const bool first = before == raft::LogPosition();
    if (first ? at.index > found.snapshot.index + 1
              : at.index != before.index + 1 || at.term < before.term) {
      return absl::StrCat("entry ", Show(at), " follows ", Show(first ? found.snapshot : before));
    }
    before = at;
  }
  if (kept.empty() ||
      std::any_of(kept.begin(), kept.end(), [&](const Kept& each) { return Has(found, each); })) {
    return "";
  }
  return absl::StrCat("the log ends with ", Show(found.end()), " behind snapshot ",
                      Show(found.snapshot), ", but entries up to ", kept.front().upto.value,
                      " were acknowledged");
}

bool Promises::Has(const Found& found, const Kept& each) const {
  for (const raft::Entry& entry : *each.log) {
    if (entry.index > each.upto) break;
    if (entry.index <= found.snapshot.index) continue;
    if (found.entries.empty() || entry.index < found.entries.front().index) return false;
    const uint64_t at = entry.index - found.entries.front().index;
    if (at >= found.entries.size() || found.entries[at].term != entry.term) return false;
  }
  return true;
}

}  // namespace konsul::images
