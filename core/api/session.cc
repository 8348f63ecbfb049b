#include "core/api/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "core/api/blocking.h"
#include "core/api/execute.h"
#include "core/base/status.h"
#include "core/state/keys.h"
#include "core/state/session_reader.h"
#include "core/wire/command.h"

namespace konsul::api {
namespace {

using state::Table;

Session Own(const wire::Session& session) {
  return {.id = std::string(session.id),
          .name = std::string(session.name),
          .node = std::string(session.node),
          .lock_delay = Duration(static_cast<int64_t>(session.lock_delay)),
          .behavior = session.delete_keys ? "delete" : "release",
          .ttl = std::string(session.ttl_text),
          .node_checks = {session.checks.begin(), session.checks.end()},
          .service_checks = {session.service_checks.begin(), session.service_checks.end()},
          .old_checks = {session.old_checks.begin(), session.old_checks.end()},
          .create_index = session.create_index,
          .modify_index = session.modify_index};
}

std::vector<Session> Own(const std::vector<wire::Session>& sessions) {
  std::vector<Session> own;
  own.reserve(sessions.size());
  for (const wire::Session& each : sessions) own.push_back(Own(each));
  return own;
}

absl::Status CheckTtl(Duration ttl, Duration min) {
  if (ttl == Duration(0) || (ttl >= min && ttl <= kSessionTtlMax)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("Invalid Session TTL '", ttl.count(), "', must be between [",
                   absl::FormatDuration(absl::FromChrono(min)), "=24h0m0s]"));
}

using Texts = std::vector<absl::string_view>;

Texts Views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

absl::StatusOr<std::string> SessionCreate(const Context& context,
                                          const SessionCreateRequest& request) {
  if (request.node == "") return absl::FailedPreconditionError("Must provide Node");
  if (!request.behavior.empty() && request.behavior != "release" && request.behavior != "delete") {
    return absl::FailedPreconditionError(
        absl::StrCat("Invalid Behavior setting '", request.behavior, "'"));
  }
  KONSUL_RETURN_IF_ERROR(CheckTtl(request.ttl, context.options.session_ttl_min));
  const Duration lock_delay = std::clamp(request.lock_delay, Duration(0), kLockDelayMax);
  const std::string node = request.node ? *request.node : context.cluster.Stats().name;
  const bool neither = request.node_checks.empty() || request.old_checks.empty();
  const bool old_by_default =
      request.old_checks.size() == 1 && request.old_checks[0] == kAliveCheck;
  const std::string id = context.ids->NewUuid();
  const wire::SessionCreate create{
      {.id = id,
       .name = request.name,
       .node = node,
       .checks = neither ? Texts() : Views(request.node_checks),
       .service_checks = Views(request.service_checks),
       .old_checks = neither || (old_by_default && !request.tells_old_checks)
                         ? Texts()
                         : Views(request.old_checks),
       .lock_delay = static_cast<uint64_t>(lock_delay.count()),
       .ttl = static_cast<uint64_t>(request.ttl.count()),
       .ttl_text = request.ttl_text,
       .delete_keys = request.behavior == "delete"}};
  KONSUL_RETURN_IF_ERROR(ExecuteCommand(context, create).status());
  return id;
}

absl::Status SessionDestroy(const Context& context, absl::string_view id) {
  return ExecuteCommand(context, wire::SessionDestroy{id}).status();
}

absl::StatusOr<std::optional<Session>> SessionRenew(const Context& context, absl::string_view id) {
  KONSUL_ASSIGN_OR_RETURN(const bool done, Execute(context, wire::SessionRenew{id}));
  if (!done) return std::nullopt;
  // It may have ended since; but it was renewed, and the client is told what it was.
  KONSUL_ASSIGN_OR_RETURN(auto found, SessionInfo(context, id, {}));
  if (found.sessions.empty()) return std::nullopt;
  return std::optional<Session>(std::move(found.sessions.front()));
}

absl::StatusOr<SessionsReply> SessionInfo(const Context& context, absl::string_view id,
                                          const ReadOptions& options) {
  SessionsReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Key(Table::kSessions, id);
    KONSUL_ASSIGN_OR_RETURN(const auto found, state::GetSession(txn, id));
    reply.meta.index = found.index;
    reply.sessions = Own(found.sessions);
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, options, reply.meta, query));
  return reply;
}

absl::StatusOr<SessionsReply> SessionList(const Context& context, const ReadOptions& options) {
  SessionsReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Prefix(Table::kSessions, "");
    KONSUL_ASSIGN_OR_RETURN(const auto found, state::ListSessions(txn));
    reply.meta.index = found.index;
    reply.sessions = Own(found.sessions);
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, options, reply.meta, query));
  return reply;
}

absl::StatusOr<SessionsReply> SessionsOfNode(const Context& context, absl::string_view node,
                                             const ReadOptions& options) {
  SessionsReply reply;
  const auto query = [&](const state::ReadTxn& txn, state::WatchSet& watches) -> absl::Status {
    watches.Prefix(Table::kNodeSessions, state::NodePrefix(node));
    KONSUL_ASSIGN_OR_RETURN(const auto found, state::ListNodeSessions(txn, node));
    reply.meta.index = found.index;
    reply.sessions = Own(found.sessions);
    return absl::OkStatus();
  };
  KONSUL_RETURN_IF_ERROR(Read(context, options, reply.meta, query));
  return reply;
}

}  // namespace konsul::api
