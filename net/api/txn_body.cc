#include "net/api/txn_body.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"
#include "net/api/json_body.h"
#include "net/api/node_json.h"

namespace konsul::net_api {
namespace {

using wire::KvVerb;
using wire::NodeVerb;

constexpr std::array<std::pair<absl::string_view, KvVerb>, 13> kKvVerbs = {{
    {"set", KvVerb::kSet},
    {"cas", KvVerb::kCas},
    {"lock", KvVerb::kLock},
    {"unlock", KvVerb::kUnlock},
    {"get", KvVerb::kGet},
    {"get-or-empty", KvVerb::kGetOrEmpty},
    {"get-tree", KvVerb::kGetTree},
    {"check-index", KvVerb::kCheckIndex},
    {"check-session", KvVerb::kCheckSession},
    {"check-not-exists", KvVerb::kCheckNotExists},
    {"delete", KvVerb::kDelete},
    {"delete-tree", KvVerb::kDeleteTree},
    {"delete-cas", KvVerb::kDeleteCas},
}};

constexpr std::array<std::pair<absl::string_view, NodeVerb>, 5> kNodeVerbs = {{
    {"get", NodeVerb::kGet},
    {"set", NodeVerb::kSet},
    {"cas", NodeVerb::kCas},
    {"delete", NodeVerb::kDelete},
    {"delete-cas", NodeVerb::kDeleteCas},
}};

template <typename Verbs>
absl::Status FindVerb(const Verbs& verbs, absl::string_view kind, absl::string_view name,
                      auto& verb) {
  for (const auto& [known, value] : verbs) {
    if (known != name) continue;
    verb = value;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown ", kind, " verb \"", absl::Utf8SafeCEscape(name), "\""));
}

}  // namespace

// Of a body that cannot be read Consul's clients are told so in other words than elsewhere.
absl::Status TxnBody::Read(absl::string_view body) {
  const absl::Status status = ReadOps(body);
  absl::string_view why = status.message();
  if (!absl::ConsumePrefix(&why, kDecodeFailed)) return status;
  return absl::InvalidArgumentError(absl::StrCat("Failed to parse body: ", why));
}

absl::Status TxnBody::ReadOps(absl::string_view body) {
  KONSUL_ASSIGN_OR_RETURN(const boost::json::value value, ParseJson(body));
  const auto* list = value.if_array();
  if (list == nullptr) {
    return absl::InvalidArgumentError("Failed to parse body: not a list of operations");
  }
  for (const auto& each : *list) KONSUL_RETURN_IF_ERROR(ReadOp(each));
  return absl::OkStatus();
}

absl::Status TxnBody::ReadOp(const boost::json::value& value) {
  ObjectReader reader(value);
  if (const auto* kv = reader.Object("KV")) return ReadKv(*kv);
  if (const auto* node = reader.Object("Node")) return ReadNode(*node);
  if (const auto* session = reader.Object("Session")) return ReadSession(*session);
  KONSUL_RETURN_IF_ERROR(reader.status());
  return absl::InvalidArgumentError("no operation specified");
}

absl::Status TxnBody::ReadKv(const boost::json::value& value) {
  ObjectReader reader(value);
  std::string verb;
  wire::KvOp op;
  reader.Text("Verb", verb);
  reader.Text("Key", Owned());
  op.key = texts_.back();
  reader.Bytes("Value", Owned());
  op.value = texts_.back();
  reader.Text("Session", Owned());
  op.session = texts_.back();
  reader.Number("Flags", op.flags);
  reader.Number("Index", op.index);
  KONSUL_RETURN_IF_ERROR(reader.status());
  KONSUL_RETURN_IF_ERROR(FindVerb(kKvVerbs, "KV", verb, op.verb));
  txn_.ops.emplace_back(op);
  return absl::OkStatus();
}

absl::Status TxnBody::ReadNode(const boost::json::value& value) {
  ObjectReader reader(value);
  std::string verb;
  reader.Text("Verb", verb);
  const auto* described = reader.Object("Node");
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (described == nullptr) return absl::InvalidArgumentError("an operation on no node");
  wire::NodeOp op;
  KONSUL_RETURN_IF_ERROR(FindVerb(kNodeVerbs, "Node", verb, op.verb));
  KONSUL_ASSIGN_OR_RETURN(nodes_.emplace_back(), ReadNodeJson(*described));
  ObjectReader node_reader(*described);
  node_reader.Number("ModifyIndex", op.index);
  KONSUL_RETURN_IF_ERROR(node_reader.status());
  op.node = ViewOfNode(nodes_.back());
  txn_.ops.emplace_back(std::move(op));
  return absl::OkStatus();
}

absl::Status TxnBody::ReadSession(const boost::json::value& value) {
  ObjectReader reader(value);
  std::string verb;
  reader.Text("Verb", verb);
  const auto* session = reader.Object("Session");
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (verb != "delete" || session == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown Session verb \"", absl::Utf8SafeCEscape(verb), "\""));
  }
  ObjectReader session_reader(*session);
  session_reader.Text("ID", Owned());
  KONSUL_RETURN_IF_ERROR(session_reader.status());
  txn_.ops.emplace_back(wire::SessionDestroy{texts_.back()});
  return absl::OkStatus();
}

}  // namespace konsul::net_api
