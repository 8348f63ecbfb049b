// "Did you mean": the known word that a mistyped one is closest to.
#ifndef KONSUL_CMD_FLAGS_NEAREST_H_
#define KONSUL_CMD_FLAGS_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace konsul::flags {

// The candidate with the least edits (insert, remove, replace, swap of neighbours) from `word`; the
// first of equals. Empty when `candidates` is, or when nothing is closer than writing it anew.
std::string Nearest(absl::string_view word, const std::vector<std::string>& candidates);

// ", did you mean -node?" or "".
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates,
                       absl::string_view prefix = "");

}  // namespace konsul::flags

#endif  // KONSUL_CMD_FLAGS_NEAREST_H_
