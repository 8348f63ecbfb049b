#include "core/state/keys.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/state/meta.h"

namespace konsul::state {
namespace {

absl::Status Validate(absl::string_view what, absl::string_view text, size_t max) {
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat("Missing ", what));
  if (text.size() > max) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " of ", text.size(), " bytes is too long, max size: ", max, " bytes"));
  }
  if (text.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(what, " has a zero byte"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateNodeName(absl::string_view name) {
  return Validate("node name", name, kNodeNameMax);
}

absl::Status ValidateCheckId(absl::string_view id) { return Validate("check id", id, kCheckIdMax); }

std::string NodeKey(absl::string_view node) { return absl::AsciiStrToLower(node); }

std::string NodePrefix(absl::string_view node) {
  return absl::StrCat(NodeKey(node), absl::string_view("\0", 1));
}

std::string CheckKey(absl::string_view node, absl::string_view check) {
  return absl::StrCat(NodePrefix(node), check);
}

std::string CheckPrefix(absl::string_view node, absl::string_view check) {
  return absl::StrCat(CheckKey(node, check), absl::string_view("\0", 1));
}

std::string SessionKeyKey(absl::string_view session, uint64_t slot) {
  return absl::StrCat(session, EncodeU64(slot));
}

absl::string_view SessionAtEnd(absl::string_view key, absl::string_view prefix) {
  return key.substr(prefix.size());
}

}  // namespace konsul::state
