#include "cmd/node/forced_configuration.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/status.h"
#include "core/env/network.h"

namespace konsul::node {
namespace {

absl::Status FindConfiguration(const raft::Recovered& recovered, ForcedConfiguration& forced) {
  for (auto entry = recovered.entries.rbegin(); entry != recovered.entries.rend(); ++entry) {
    if (entry->kind != raft::EntryKind::kConfiguration) continue;
    KONSUL_ASSIGN_OR_RETURN(forced.before, raft::Configuration::Decode(*entry->payload));
    forced.before_index = entry->index;
    return absl::OkStatus();
  }
  forced.before = recovered.snapshot.configuration;
  forced.before_index = recovered.snapshot.configuration_index;
  if (!forced.before.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this server was never part of a cluster: there is nothing to recover, start it as usual");
}

absl::StatusOr<raft::Member> MemberOf(const ForcedVoter& voter, const raft::Configuration& before) {
  raft::Member member{voter.id, ToHex(voter.id.value), voter.address};
  const raft::Member* known = before.Find(voter.id);
  if (known != nullptr) {
    member.name = known->name;
    if (member.address.empty()) member.address = known->address;
  }
  if (!member.address.empty()) return member;
  return absl::InvalidArgumentError(absl::StrCat("server ", ToHex(voter.id.value),
                                                 " is not a member; give its address, as in ",
                                                 ToHex(voter.id.value), "@10.0.0.1:8300"));
}

}  // namespace

absl::StatusOr<ForcedVoter> ParseForcedVoter(const std::string& text) {
  const size_t at = text.find('@');
  const std::string digits = text.substr(0, at);
  ForcedVoter voter;
  if (digits.size() != 16 || !absl::SimpleHexAtoi(digits, &voter.id.value) ||
      voter.id == NodeId()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" does not begin with a server's id, sixteen hexadecimal digits"));
  }
  if (at == std::string::npos) return voter;
  voter.address = text.substr(at + 1);
  const absl::StatusOr<env::Endpoint> address = env::Endpoint::Parse(voter.address);
  if (!address.ok()) return Annotate(address.status(), text);
  return voter;
}

absl::StatusOr<ForcedConfiguration> ForceConfiguration(const raft::Recovered& recovered,
                                                       NodeId self,
                                                       std::vector<ForcedVoter> voters) {
  ForcedConfiguration forced;
  KONSUL_RETURN_IF_ERROR(FindConfiguration(recovered, forced));
  if (voters.empty()) voters.push_back({self, ""});
  std::sort(voters.begin(), voters.end(),
            [](const ForcedVoter& a, const ForcedVoter& b) { return a.id < b.id; });
  raft::Configuration target;
  for (const ForcedVoter& voter : voters) {
    KONSUL_ASSIGN_OR_RETURN(raft::Member member, MemberOf(voter, forced.before));
    target.voters.push_back(std::move(member));
  }
  if (!target.IsVoter(self)) {
    return absl::InvalidArgumentError(
        absl::StrCat("this server, ", ToHex(self.value), ", must be one of the voters"));
  }
  forced.after = forced.before.JointWith(target).Left();
  const absl::Status valid = forced.after.Validate();
  if (!valid.ok()) return valid;

  raft::LogPosition end = recovered.snapshot.last;
  if (!recovered.entries.empty()) {
    end = {recovered.entries.back().index, recovered.entries.back().term};
  }
  // A term in which this server has not voted, and which is behind all that it has heard of.
  forced.hard_state = {std::max(recovered.hard_state.term, end.term) + 1, NodeId()};
  forced.entry = {end.index + 1, forced.hard_state.term, raft::EntryKind::kConfiguration,
                  raft::MakePayload(forced.after.Encode())};
  return forced;
}

absl::Status WriteForced(const ForcedConfiguration& forced, raft::LogStorage& log) {
  return log.Append({forced.hard_state, absl::MakeConstSpan(&forced.entry, 1)});
}

}  // namespace konsul::node
