#include "net/api/txn_body.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/status.h"
#include "net/api/check_json.h"
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
bool FindVerb(const Verbs& verbs, absl::string_view name, auto& verb) {
  for (const auto& [known, value] : verbs) {
    if (known != name) continue;
    verb = value;
    return true;
  }
  return false;
}

std::string UnknownVerb(absl::string_view kind, absl::string_view name) {
  return absl::StrCat("unknown ", kind, " verb \"", absl::Utf8SafeCEscape(name), "\"");
}

// Every key begins with an empty prefix; to read them all is refused as in Consul.
bool NeedsKey(KvVerb verb) { return verb != KvVerb::kDeleteTree; }

// Why it is no UUID, in Consul's words; empty for one.
absl::string_view WhyNoUuid(absl::string_view text) {
  if (text.size() != 36) return "uuid string is wrong length";
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i]))
      return "uuid is improperly formatted";
  }
  return "";
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
  if (value.is_null()) return absl::OkStatus();
  const auto* list = value.if_array();
  if (list == nullptr) {
    return absl::InvalidArgumentError("Failed to parse body: not a list of operations");
  }
  for (const auto& each : *list) {
    KONSUL_RETURN_IF_ERROR(ReadOp(each));
    ++op_;
  }
  return absl::OkStatus();
}

absl::Status TxnBody::ReadOp(const boost::json::value& value) {
  ObjectReader reader(value);
  reader.Known({"KV", "Node", "Service", "Check", "Session"});
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (const auto* kv = reader.Object("KV")) return ReadKv(*kv);
  if (const auto* node = reader.Object("Node")) return ReadNode(*node);
  if (reader.Object("Service") != nullptr) {
    return absl::InvalidArgumentError("operations on services are not supported");
  }
  if (const auto* check = reader.Object("Check")) return ReadCheck(*check);
  if (const auto* session = reader.Object("Session")) return ReadSession(*session);
  KONSUL_RETURN_IF_ERROR(reader.status());
  return absl::InvalidArgumentError("no operation specified");
}

absl::Status TxnBody::Wrong(std::string what) {
  errors_.push_back({op_, std::move(what)});
  return absl::OkStatus();
}

absl::Status TxnBody::ReadKv(const boost::json::value& value) {
  ObjectReader reader(value);
  reader.Known({"Verb", "Key", "Value", "Flags", "Index", "Session", "Namespace", "Partition"});
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
  if (!FindVerb(kKvVerbs, verb, op.verb)) return Wrong(UnknownVerb("KV", verb));
  if (op.key.empty() && NeedsKey(op.verb)) return Wrong("Must provide key");
  txn_.ops.emplace_back(op);
  return absl::OkStatus();
}

absl::Status TxnBody::ReadNode(const boost::json::value& value) {
  ObjectReader reader(value);
  reader.Known({"Verb", "Node"});
  std::string verb;
  reader.Text("Verb", verb);
  const auto* described = reader.Object("Node");
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (described == nullptr) return absl::InvalidArgumentError("an operation on no node");
  wire::NodeOp op;
  api::Node& node = nodes_.emplace_back();
  KONSUL_ASSIGN_OR_RETURN(node, ReadNodeJson(*described));
  ObjectReader node_reader(*described);
  node_reader.Known({"ID", "Node", "Address", "Datacenter", "TaggedAddresses", "Meta",
                     "CreateIndex", "ModifyIndex", "Partition", "PeerName", "Locality"});
  node_reader.Number("ModifyIndex", op.index);
  KONSUL_RETURN_IF_ERROR(node_reader.status());
  if (!FindVerb(kNodeVerbs, verb, op.verb)) return Wrong(UnknownVerb("Node", verb));
  const absl::string_view no_uuid = node.id.empty() ? "" : WhyNoUuid(node.id);
  if (op.verb == NodeVerb::kGet) {
    // One that is no id is not looked for.
    if (!no_uuid.empty()) node.id.clear();
  } else {
    if (node.name.empty()) return Wrong("Must provide node");
    if (!no_uuid.empty()) return Wrong(absl::StrCat("Bad node ID: ", no_uuid));
  }
  if (node.datacenter.empty()) node.datacenter = datacenter_;
  op.node = ViewOfNode(node);
  txn_.ops.emplace_back(std::move(op));
  return absl::OkStatus();
}

absl::Status TxnBody::ReadCheck(const boost::json::value& value) {
  ObjectReader reader(value);
  reader.Known({"Verb", "Check"});
  std::string verb;
  reader.Text("Verb", verb);
  const auto* described = reader.Object("Check");
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (described == nullptr) return absl::InvalidArgumentError("an operation on no check");
  KONSUL_ASSIGN_OR_RETURN(CheckJson read, ReadCheckJson(*described, texts_));
  wire::CheckOp op{.check = read.check, .index = read.check.modify_index};
  op.check.create_index = op.check.modify_index = 0;
  if (!FindVerb(kNodeVerbs, verb, op.verb)) return Wrong(UnknownVerb("Check", verb));
  if (op.check.node.empty()) return Wrong("Must provide node");
  if (op.check.id.empty()) return Wrong("Must provide check");
  // There are no services that it could belong to.
  const bool sets = op.verb == NodeVerb::kSet || op.verb == NodeVerb::kCas;
  if (sets && !read.service.empty()) return Wrong("Missing service registration");
  if (op.check.status.empty()) op.check.status = "critical";
  txn_.ops.emplace_back(op);
  return absl::OkStatus();
}

absl::Status TxnBody::ReadSession(const boost::json::value& value) {
  ObjectReader reader(value);
  reader.Known({"Verb", "Session"});
  std::string verb;
  reader.Text("Verb", verb);
  const auto* session = reader.Object("Session");
  KONSUL_RETURN_IF_ERROR(reader.status());
  if (verb != "delete") return Wrong(UnknownVerb("Session", verb));
  if (session == nullptr) return absl::InvalidArgumentError("an operation on no session");
  ObjectReader session_reader(*session);
  session_reader.Text("ID", Owned());
  KONSUL_RETURN_IF_ERROR(session_reader.status());
  txn_.ops.emplace_back(wire::SessionDestroy{texts_.back()});
  return absl::OkStatus();
}

}  // namespace konsul::net_api
