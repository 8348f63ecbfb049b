#include "net/api/txn_routes.h"

#include <string>

#include "core/api/kv.h"
#include "core/api/txn.h"
#include "core/base/status.h"
#include "net/api/check_json.h"
#include "net/api/kv_json.h"
#include "net/api/node_json.h"
#include "net/api/parameters.h"
#include "net/api/reply.h"
#include "net/api/txn_body.h"

namespace konsul::net_api {
namespace {

using http::Request;
using http::Response;

absl::Status WriteResults(const wire::CommandResult& result, JsonWriter& json) {
  json.Key("Results");
  if (!result.success) {
    json.Null();
    return absl::OkStatus();
  }
  json.BeginArray();
  for (const wire::TxnResult& each : result.txn_results) {
    json.BeginObject();
    if (!each.check.empty()) {
      KONSUL_ASSIGN_OR_RETURN(const auto check, wire::DecodeCheck(each.check));
      json.Key("Check");
      WriteCheck(check, json);
    } else if (each.node.empty()) {
      KONSUL_ASSIGN_OR_RETURN(const auto entry, wire::DecodeKvEntry(each.entry));
      json.Key("KV");
      WritePair(api::Own(each.key, entry), json);
    } else {
      KONSUL_ASSIGN_OR_RETURN(const auto node, wire::DecodeNode(each.node));
      json.Key("Node");
      WriteNode(api::Own(node), json);
    }
    json.EndObject();
  }
  json.EndArray();
  return absl::OkStatus();
}

void WriteErrors(const wire::CommandResult& result, JsonWriter& json) {
  json.Key("Errors");
  if (result.txn_errors.empty()) return json.Null();
  json.BeginArray();
  for (const wire::TxnError& each : result.txn_errors) {
    json.BeginObject();
    json.Key("OpIndex");
    json.Number(each.op);
    json.Key("What");
    json.String(each.what);
    json.EndObject();
  }
  json.EndArray();
}

absl::StatusOr<Response> Put(const api::Context& context, const Request& request) {
  KONSUL_ASSIGN_OR_RETURN(const auto consistency, ParseConsistency(request));
  TxnBody body(context.options.datacenter);
  KONSUL_RETURN_IF_ERROR(body.Read(request.body));
  api::TxnReply reply;
  if (body.errors().empty()) {
    KONSUL_ASSIGN_OR_RETURN(reply, api::RunTxn(context, body.txn(), consistency));
  } else {
    reply.result.txn_errors = body.errors();
  }
  absl::Status written;
  Response response = JsonReply(request, [&](JsonWriter& json) {
    json.BeginObject();
    written = WriteResults(reply.result, json);
    WriteErrors(reply.result, json);
    json.EndObject();
  });
  KONSUL_RETURN_IF_ERROR(written);
  if (!reply.result.success) response.status = 409;
  if (reply.meta) SetReadHeaders(*reply.meta, response);
  return response;
}

}  // namespace

void AddTxnRoutes(const api::Context& context, Router& router) {
  router.Add("PUT", "/v1/txn", [context](const Request& request, absl::string_view) {
    return OrError(Put(context, request));
  });
}

}  // namespace konsul::net_api
