#include "core/raft/configuration.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace konsul::raft {
namespace {

// docs/formats/configuration.md
constexpr char kVersion = 2;
constexpr size_t kMembersMax = 1024;  // of each list
constexpr size_t kRetiredMax = 1 << 20;
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

void PutMembers(std::string* out, const std::vector<Member>& members) {
  PutU32(out, static_cast<uint32_t>(members.size()));
  for (const Member& member : members) {
    PutU64(out, member.id.value);
    PutText(out, member.name);
    PutText(out, member.address);
  }
}

// False when there are too many.
bool TakeMembers(Reader& reader, std::vector<Member>* members) {
  const uint64_t count = reader.Number(4);
  if (count > kMembersMax) return false;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Member member;
    member.id = NodeId(reader.Number(8));
    member.name = reader.Text();
    member.address = reader.Text();
    members->push_back(std::move(member));
  }
  return true;
}

const Member* FindIn(const std::vector<Member>& members, NodeId id) {
  auto at = std::lower_bound(members.begin(), members.end(), id,
                             [](const Member& m, NodeId wanted) { return m.id < wanted; });
  return at != members.end() && at->id == id ? &*at : nullptr;
}

// Of two ascending lists; `into` wins where both have an id.
std::vector<Member> Union(std::vector<Member> into, const std::vector<Member>& more) {
  for (const Member& member : more) {
    const auto at = std::lower_bound(into.begin(), into.end(), member.id,
                                     [](const Member& m, NodeId wanted) { return m.id < wanted; });
    if (at == into.end() || at->id != member.id) into.insert(at, member);
  }
  return into;
}

absl::Status ValidateList(absl::string_view what, const std::vector<Member>& members) {
  if (members.size() > kMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat("too many ", what));
  }
  NodeId previous;  // 0, which is nobody's id
  for (const Member& member : members) {
    if (member.id <= previous) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, " are not ascending by id, without 0 and duplicates"));
    }
    if (member.name.size() > kTextMax || member.address.size() > kTextMax) {
      return absl::InvalidArgumentError("a member's name or address is too long");
    }
    previous = member.id;
  }
  return absl::OkStatus();
}

}  // namespace

const Member* Configuration::Find(NodeId id) const {
  for (const std::vector<Member>* list : {&voters, &learners, &outgoing}) {
    if (const Member* member = FindIn(*list, id)) return member;
  }
  return nullptr;
}

bool Configuration::IsVoter(NodeId id) const {
  return FindIn(voters, id) != nullptr || FindIn(outgoing, id) != nullptr;
}

bool Configuration::IsLearner(NodeId id) const { return FindIn(learners, id) != nullptr; }

bool Configuration::IsRetired(NodeId id) const {
  return std::binary_search(retired.begin(), retired.end(), id);
}

std::vector<Member> Configuration::EitherVoters() const { return Union(voters, outgoing); }

std::vector<Member> Configuration::Members() const { return Union(EitherVoters(), learners); }

Configuration Configuration::JointWith(const Configuration& target) const {
  Configuration next = target;
  next.retired = retired;
  next.cluster = cluster;
  for (const Member& member : Members()) {
    if (target.IsMember(member.id) || next.IsRetired(member.id)) continue;
    next.retired.insert(std::upper_bound(next.retired.begin(), next.retired.end(), member.id),
                        member.id);
  }
  const auto same_id = [](const Member& a, const Member& b) { return a.id == b.id; };
  const bool same_voters =
      std::equal(voters.begin(), voters.end(), target.voters.begin(), target.voters.end(), same_id);
  // The same voters decide before and after: there is nothing to be joined.
  next.outgoing = same_voters ? std::vector<Member>() : voters;
  return next;
}

Configuration Configuration::Left() const {
  Configuration next = *this;
  next.outgoing.clear();
  return next;
}

absl::Status Configuration::Validate() const {
  if (voters.empty()) return absl::InvalidArgumentError("a configuration needs a voter");
  for (const auto& [what, list] : {std::pair("voters", &voters), std::pair("learners", &learners),
                                   std::pair("outgoing voters", &outgoing)}) {
    if (absl::Status status = ValidateList(what, *list); !status.ok()) return status;
  }
  for (const Member& learner : learners) {
    if (FindIn(voters, learner.id) != nullptr) {
      return absl::InvalidArgumentError("a server is voter and learner at once");
    }
  }
  if (retired.size() > kRetiredMax) {
    return absl::InvalidArgumentError("too many servers were removed from this cluster");
  }
  NodeId previous;
  for (const NodeId id : retired) {
    if (id <= previous) return absl::InvalidArgumentError("retired ids are not ascending");
    if (FindIn(voters, id) != nullptr || FindIn(learners, id) != nullptr) {
      return absl::InvalidArgumentError("a server that was removed comes back under its id");
    }
    previous = id;
  }
  return absl::OkStatus();
}

std::string Configuration::Encode() const {
  std::string out(1, kVersion);
  PutMembers(&out, voters);
  PutMembers(&out, outgoing);
  PutMembers(&out, learners);
  PutU32(&out, static_cast<uint32_t>(retired.size()));
  for (const NodeId id : retired) PutU64(&out, id.value);
  PutU64(&out, cluster.value);
  return out;
}

absl::StatusOr<Configuration> Configuration::Decode(absl::string_view bytes) {
  Reader reader(bytes);
  const uint64_t version = reader.Number(1);
  if (!reader.ok()) return Damaged("empty");
  if (version != kVersion) return Damaged(absl::StrCat("unknown version ", version));
  Configuration configuration;
  if (!TakeMembers(reader, &configuration.voters) ||
      !TakeMembers(reader, &configuration.outgoing) ||
      !TakeMembers(reader, &configuration.learners)) {
    return Damaged("bad number of members");
  }
  const uint64_t retired = reader.Number(4);
  if (retired > kRetiredMax) return Damaged("bad number of retired servers");
  for (uint64_t i = 0; i < retired && reader.ok(); ++i) {
    configuration.retired.push_back(NodeId(reader.Number(8)));
  }
  configuration.cluster = ClusterId(reader.Number(8));
  if (!reader.done()) return Damaged("wrong length");
  if (absl::Status valid = configuration.Validate(); !valid.ok()) return Damaged(valid.message());
  return configuration;
}

}  // namespace konsul::raft
