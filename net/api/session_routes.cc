#include "net/api/session_routes.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/api/session.h"
#include "core/base/status.h"
#include "net/api/blocking.h"
#include "net/api/json_body.h"
#include "net/api/reply.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

// Users write 5 and mean seconds, though numbers are nanoseconds.
constexpr Duration kSurelySeconds(1000);

void WriteTexts(absl::string_view key, const std::vector<std::string>& texts, JsonWriter& json) {
  json.Key(key);
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteServiceChecks(const std::vector<std::string>& ids, JsonWriter& json) {
  json.Key("ServiceChecks");
  if (ids.empty()) return json.Null();
  json.BeginArray();
  for (const std::string& id : ids) {
    json.BeginObject();
    json.Key("ID");
    json.String(id);
    json.Key("Namespace");
    json.String("");
    json.EndObject();
  }
  json.EndArray();
}

void WriteSession(const api::Session& session, JsonWriter& json) {
  json.BeginObject();
  json.Key("ID");
  json.String(session.id);
  json.Key("Name");
  json.String(session.name);
  json.Key("Node");
  json.String(session.node);
  json.Key("LockDelay");
  json.Number(static_cast<uint64_t>(session.lock_delay.count()));
  json.Key("Behavior");
  json.String(session.behavior);
  json.Key("TTL");
  json.String(session.ttl);
  WriteTexts("NodeChecks", session.node_checks, json);
  WriteServiceChecks(session.service_checks, json);
  if (!session.old_checks.empty()) WriteTexts("Checks", session.old_checks, json);
  json.Key("CreateIndex");
  json.Number(session.create_index);
  json.Key("ModifyIndex");
  json.Number(session.modify_index);
  json.EndObject();
}

Response SessionsReply(const Request& request, const std::vector<api::Session>& sessions) {
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginArray();
    for (const api::Session& session : sessions) WriteSession(session, json);
    json.EndArray();
  });
}

// They are objects: {"ID": ..., "Namespace": ...}.
absl::Status ReadServiceChecks(ObjectReader& reader, std::vector<std::string>& checks) {
  const auto* list = reader.List("ServiceChecks");
  if (list == nullptr) return reader.status();
  for (const boost::json::value& each : *list) {
    ObjectReader check(each);
    check.Text("ID", checks.emplace_back());
    KONSUL_RETURN_IF_ERROR(check.status());
  }
  return absl::OkStatus();
}

absl::Status ReadTtl(ObjectReader& reader, api::SessionCreateRequest& create) {
  if (reader.IsNumber("TTL")) {
    reader.Time("TTL", create.ttl);
    create.ttl_text = FormatDuration(create.ttl);
    return reader.status();
  }
  reader.Text("TTL", create.ttl_text);
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (create.ttl_text.empty()) return absl::OkStatus();
  const auto ttl = ParseDuration(create.ttl_text);
  if (!ttl) {
    return absl::FailedPreconditionError(
        absl::StrCat("Session TTL '", create.ttl_text, "' invalid: time: invalid duration"));
  }
  create.ttl = *ttl;
  return absl::OkStatus();
}

absl::StatusOr<api::SessionCreateRequest> ReadCreate(absl::string_view body) {
  api::SessionCreateRequest create;
  // Clients of before 1.7 ask so for a session with the usual checks, and look for them under the
  // old name; others do not mind.
  create.tells_old_checks = body.empty();
  if (body.empty()) return create;
  KONSUL_ASSIGN_OR_RETURN(const boost::json::value value, ParseJson(body));
  if (value.is_null()) return create;
  ObjectReader reader(value);
  reader.Text("Name", create.name);
  if (reader.IsThere("Node")) reader.Text("Node", create.node.emplace());
  reader.Text("Behavior", create.behavior);
  reader.Time("LockDelay", create.lock_delay);
  if (create.lock_delay < kSurelySeconds) create.lock_delay *= 1'000'000'000;
  // Whoever names checks, if only null, does not want the one by default.
  if (reader.Mentions("Checks")) create.old_checks.clear();
  if (reader.Mentions("NodeChecks")) create.node_checks.clear();
  reader.Texts("Checks", create.old_checks);
  reader.Texts("NodeChecks", create.node_checks);
  KONSUL_RETURN_IF_ERROR(reader.status());
  KONSUL_RETURN_IF_ERROR(ReadServiceChecks(reader, create.service_checks));
  KONSUL_RETURN_IF_ERROR(ReadTtl(reader, create));
  return create;
}

absl::StatusOr<Response> Create(const api::Context& context, const Request& request,
                                absl::string_view) {
  KONSUL_ASSIGN_OR_RETURN(const auto create, ReadCreate(request.body));
  KONSUL_ASSIGN_OR_RETURN(const std::string id, api::SessionCreate(context, create));
  return JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    json.Key("ID");
    json.String(id);
    json.EndObject();
  });
}

absl::Status NeedId(absl::string_view id) {
  return id.empty() ? absl::InvalidArgumentError("Missing session") : absl::OkStatus();
}

absl::StatusOr<Response> Destroy(const api::Context& context, const Request& request,
                                 absl::string_view id) {
  KONSUL_RETURN_IF_ERROR(NeedId(id));
  KONSUL_RETURN_IF_ERROR(api::SessionDestroy(context, id));
  return JsonReply(request, [](JsonWriter& json) { json.Bool(true); });
}

absl::StatusOr<Response> Renew(const api::Context& context, const Request& request,
                               absl::string_view id) {
  KONSUL_RETURN_IF_ERROR(ParseRead(request).status());
  KONSUL_RETURN_IF_ERROR(NeedId(id));
  KONSUL_ASSIGN_OR_RETURN(auto session, api::SessionRenew(context, id));
  if (!session) return absl::NotFoundError(absl::StrCat("Session id '", id, "' not found"));
  return SessionsReply(request, {*std::move(session)});
}

absl::StatusOr<Response> Info(const api::Context& context, const Request& request,
                              absl::string_view id) {
  KONSUL_RETURN_IF_ERROR(NeedId(id));
  return BlockingRead(
      context, request, [&](const api::ReadOptions& options) -> absl::StatusOr<Response> {
        KONSUL_ASSIGN_OR_RETURN(const auto reply, api::SessionInfo(context, id, options));
        Response response = SessionsReply(request, reply.sessions);
        SetReadHeaders(reply.meta, response);
        return response;
      });
}

absl::StatusOr<Response> OfNode(const api::Context& context, const Request& request,
                                absl::string_view node) {
  if (node.empty()) return absl::InvalidArgumentError("Missing node name");
  return BlockingRead(
      context, request, [&](const api::ReadOptions& options) -> absl::StatusOr<Response> {
        KONSUL_ASSIGN_OR_RETURN(const auto reply, api::SessionsOfNode(context, node, options));
        Response response = SessionsReply(request, reply.sessions);
        SetReadHeaders(reply.meta, response);
        return response;
      });
}

absl::StatusOr<Response> List(const api::Context& context, const Request& request,
                              absl::string_view) {
  return BlockingRead(
      context, request, [&](const api::ReadOptions& options) -> absl::StatusOr<Response> {
        KONSUL_ASSIGN_OR_RETURN(const auto reply, api::SessionList(context, options));
        Response response = SessionsReply(request, reply.sessions);
        SetReadHeaders(reply.meta, response);
        return response;
      });
}

}  // namespace

void AddSessionRoutes(const api::Context& context, Router& router) {
  const auto add = [&](absl::string_view method, absl::string_view path, auto function) {
    router.Add(method, path, [context, function](const Request& request, absl::string_view rest) {
      return OrError(function(context, request, rest));
    });
  };
  add("PUT", "/v1/session/create", &Create);
  add("PUT", "/v1/session/destroy/", &Destroy);
  add("PUT", "/v1/session/renew/", &Renew);
  add("GET", "/v1/session/info/", &Info);
  add("GET", "/v1/session/node/", &OfNode);
  add("GET", "/v1/session/list", &List);
}

}  // namespace konsul::net_api
