#include "sim/checkers/session_expiry.h"

#include <variant>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {

void SessionExpiry::OnGone(const std::string& id, Duration told) {
  const Lease& lease = leases_.at(id);
  if (!lease.LivesAt(told)) return;
  findings_.Report(
      "session-expiry",
      absl::StrCat(lease.client, " was told at ", ToSeconds(told), " s that session ", id,
                   " is gone, but a renewal that was sent at ", ToSeconds(lease.renewed),
                   " s was acknowledged, and its TTL is ", ToSeconds(lease.ttl), " s"));
}

void SessionExpiry::OnAppend(Duration now, absl::Span<const raft::Entry> entries) {
  for (const raft::Entry& entry : entries) {
    if (entry.kind != raft::EntryKind::kCommand) continue;
    const auto command = wire::DecodeCommand(*entry.payload);
    if (!command.ok()) continue;
    const auto* expire = std::get_if<wire::Expire>(&*command);
    if (expire != nullptr) OnProposal(now, entry.index.value, *expire);
  }
}

void SessionExpiry::OnProposal(Duration now, uint64_t index, const wire::Expire& expire) {
  for (const wire::Expire::ExpiredSession& each : expire.sessions) {
    ++expiries_;
    const auto session = sessions_.find(each.id);
    if (session == sessions_.end()) continue;
    const auto renewed = session->second.renewed.find(each.renewed);
    if (renewed == session->second.renewed.end()) {
      findings_.Report("session-expiry",
                       absl::StrCat("entry ", index, " is to end session ", each.id,
                                    " for its renewal ", each.renewed, ", which never was"));
      continue;
    }
    if (now - renewed->second >= session->second.ttl) continue;
    findings_.Report("session-expiry",
                     absl::StrCat("entry ", index, " of ", ToSeconds(now), " s is to end session ",
                                  each.id, ", which was renewed by entry ", each.renewed, " at ",
                                  ToSeconds(renewed->second), " s and has a TTL of ",
                                  ToSeconds(session->second.ttl), " s"));
  }
}

void SessionExpiry::OnCommit(Duration now, absl::Span<const raft::Entry> entries) {
  for (const raft::Entry& entry : entries) {
    if (entry.index <= committed_) continue;
    committed_ = entry.index;
    if (entry.kind != raft::EntryKind::kCommand) continue;
    const auto command = wire::DecodeCommand(*entry.payload);
    if (!command.ok()) continue;
    if (const auto* create = std::get_if<wire::SessionCreate>(&*command)) {
      Session& session = sessions_[std::string(create->session.id)];
      session.ttl = Duration(static_cast<int64_t>(create->session.ttl));
      session.renewed[entry.index.value] = now;
    } else if (const auto* renew = std::get_if<wire::SessionRenew>(&*command)) {
      const auto session = sessions_.find(renew->id);
      if (session != sessions_.end()) session->second.renewed[entry.index.value] = now;
    }
  }
}

}  // namespace konsul::checkers
