#include "core/raft/configuration.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace konsul::raft {
namespace {

// docs/formats/configuration.md
constexpr char kVersion = 1;
constexpr size_t kVotersMax = 1024;
constexpr size_t kTextMax = 4096;

void PutU32(std::string* out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

void PutU64(std::string* out, uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

void PutText(std::string* out, const std::string& text) {
  PutU32(out, static_cast<uint32_t>(text.size()));
  out->append(text);
}

// Takes values off the front; after the first shortage everything fails.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  uint64_t Number(size_t width) {
    if (bytes_.size() < width) return Fail();
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i) {
      value |= static_cast<uint64_t>(static_cast<unsigned char>(bytes_[i])) << (8 * i);
    }
    bytes_.remove_prefix(width);
    return value;
  }
  std::string Text() {
    const uint64_t size = Number(4);
    if (size > kTextMax || size > bytes_.size()) {
      Fail();
      return "";
    }
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && bytes_.empty(); }

 private:
  uint64_t Fail() {
    ok_ = false;
    bytes_ = absl::string_view();
    return 0;
  }

  absl::string_view bytes_;
  bool ok_ = true;
};

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("configuration entry: ", what));
}

}  // namespace

const Member* Configuration::Find(NodeId id) const {
  auto at = std::lower_bound(voters.begin(), voters.end(), id,
                             [](const Member& m, NodeId wanted) { return m.id < wanted; });
  return at != voters.end() && at->id == id ? &*at : nullptr;
}

std::vector<NodeId> Configuration::VoterIds() const {
  std::vector<NodeId> ids;
  ids.reserve(voters.size());
  for (const Member& member : voters) ids.push_back(member.id);
  return ids;
}

absl::Status Configuration::Validate() const {
  if (voters.empty()) return absl::InvalidArgumentError("a configuration needs a voter");
  if (voters.size() > kVotersMax) return absl::InvalidArgumentError("too many voters");
  NodeId previous;  // 0, which is nobody's id
  for (const Member& member : voters) {
    if (member.id <= previous) {
      return absl::InvalidArgumentError("voters are not ascending by id, without 0 and duplicates");
    }
    if (member.name.size() > kTextMax || member.address.size() > kTextMax) {
      return absl::InvalidArgumentError("a voter's name or address is too long");
    }
    previous = member.id;
  }
  return absl::OkStatus();
}

std::string Configuration::Encode() const {
  std::string out(1, kVersion);
  PutU32(&out, static_cast<uint32_t>(voters.size()));
  for (const Member& member : voters) {
    PutU64(&out, member.id.value);
    PutText(&out, member.name);
    PutText(&out, member.address);
  }
  return out;
}

absl::StatusOr<Configuration> Configuration::Decode(absl::string_view bytes) {
  Reader reader(bytes);
  const uint64_t version = reader.Number(1);
  if (!reader.ok()) return Damaged("empty");
  if (version != kVersion) return Damaged(absl::StrCat("unknown version ", version));
  const uint64_t count = reader.Number(4);
  if (!reader.ok() || count > kVotersMax) return Damaged("bad number of voters");
  Configuration configuration;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Member member;
    member.id = NodeId(reader.Number(8));
    member.name = reader.Text();
    member.address = reader.Text();
    configuration.voters.push_back(std::move(member));
  }
  if (!reader.done()) return Damaged("wrong length");
  if (absl::Status valid = configuration.Validate(); !valid.ok()) return Damaged(valid.message());
  return configuration;
}

}  // namespace konsul::raft
