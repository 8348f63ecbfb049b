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

}  // namespace konsul::checkers
