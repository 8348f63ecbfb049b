#include "sim/checkers/state_digest.h"

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

void StateDigest::OnApplied(NodeId node, Index index, const Hash128& digest) {
  const auto [it, inserted] = digests_.emplace(index, First{node, digest});
  if (inserted) return;
  ++comparisons_;
  if (it->second.digest == digest) return;
  findings_.Report(
      "state-digest",
      absl::StrCat("at index ", index.value, " ", ToHex(node.value), " has digest ", digest.ToHex(),
                   ", ", ToHex(it->second.node.value), " had ", it->second.digest.ToHex()));
}

void StateDigest::OnRebuilt(NodeId node, const StateContents& kept, const StateContents& anew) {
  ++comparisons_;
  if (kept == anew) return;
  const auto show = [](const StateContents& contents) {
    return absl::StrCat("index ", contents.applied.value, ", digest ", contents.digest.ToHex(),
                        ", ", contents.count, " rows with hash ", contents.rows);
  };
  findings_.Report("state-digest",
                   absl::StrCat(ToHex(node.value), " held ", show(kept),
                                "; its snapshot and its log make ", show(anew), " of it"));
}

}  // namespace konsul::checkers
