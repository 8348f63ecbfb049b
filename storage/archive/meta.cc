#include "storage/archive/meta.h"

#include <boost/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::archive {
namespace {

// 0 and 1 are those of Consul's archives. A Consul that is given one of ours looks at this first,
// and refuses it; with its own number it would go on and be ended by what it finds in the state.
constexpr uint64_t kVersion = 1001;
// What was written before that was found out.
constexpr uint64_t kFirstVersion = 1;
// Of hashicorp/raft, ServerSuffrage.
constexpr int kVoter = 0;
constexpr int kNonvoter = 1;

boost::json::string_view View(absl::string_view text) { return {text.data(), text.size()}; }

// A MessagePack header of a list or a byte string: small ones have the length in the first byte.
void PutLength(size_t length, size_t small_max, char small, char big, std::string& out) {
  if (length <= small_max) {
    out.push_back(static_cast<char>(small | static_cast<char>(length)));
    return;
  }
  out.push_back(big);
  out.push_back(static_cast<char>(length >> 8));
  out.push_back(static_cast<char>(length));
}

// The field of version 0, which version 1 still fills: the addresses, as a MessagePack list of byte
// strings in base64.
std::string Peers(const std::vector<Meta::Server>& servers) {
  std::string packed;
  PutLength(servers.size(), 15, '\x90', '\xdc', packed);
  for (const Meta::Server& server : servers) {
    PutLength(server.address.size(), 31, '\xa0', '\xda', packed);
    packed += server.address;
  }
  return absl::Base64Escape(packed);
}

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(kMetaName, ": ", what));
}

absl::StatusOr<uint64_t> Number(const boost::json::object& object, absl::string_view key) {
  const boost::json::value* value = object.if_contains(View(key));
  boost::json::error_code error;
  const auto number = value == nullptr ? 0 : value->to_number<uint64_t>(error);
  if (value == nullptr || error) return Wrong(absl::StrCat("\"", key, "\" is not a number"));
  return number;
}

absl::StatusOr<std::string> Text(const boost::json::object& object, absl::string_view key) {
  const boost::json::value* value = object.if_contains(View(key));
  if (value == nullptr || !value->is_string()) {
    return Wrong(absl::StrCat("\"", key, "\" is not a text"));
  }
  return std::string(value->get_string().data(), value->get_string().size());
}

absl::StatusOr<std::vector<Meta::Server>> Servers(const boost::json::object& meta) {
  const boost::json::value* configuration = meta.if_contains("Configuration");
  if (configuration == nullptr || !configuration->is_object()) {
    return Wrong("\"Configuration\" is not an object");
  }
  std::vector<Meta::Server> servers;
  const boost::json::value* list = configuration->get_object().if_contains("Servers");
  // An empty list is null where Go writes it.
  if (list == nullptr || list->is_null()) return servers;
  if (!list->is_array()) return Wrong("\"Servers\" is not a list");
  for (const boost::json::value& element : list->get_array()) {
    if (!element.is_object()) return Wrong("a server is not an object");
    Meta::Server server;
    KONSUL_ASSIGN_OR_RETURN(server.id, Text(element.get_object(), "ID"));
    KONSUL_ASSIGN_OR_RETURN(server.address, Text(element.get_object(), "Address"));
    KONSUL_ASSIGN_OR_RETURN(const uint64_t suffrage, Number(element.get_object(), "Suffrage"));
    server.voter = suffrage == kVoter;
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace

Meta MetaOf(const raft::SnapshotPoint& point, uint64_t size, WallTime now) {
  Meta meta;
  meta.index = point.last.index.value;
  meta.term = point.last.term.value;
  meta.id = absl::StrCat(meta.term, "-", meta.index, "-", now.ns / 1'000'000);
  meta.configuration_index = point.configuration_index.value;
  for (const raft::Member& member : point.configuration.Members()) {
    meta.servers.push_back(
        {ToHex(member.id.value), member.address, point.configuration.IsVoter(member.id)});
  }
  meta.size = size;
  return meta;
}

absl::Status CheckFits(const Meta& meta, const raft::SnapshotPoint& point) {
  const raft::LogPosition said{Index(meta.index), Term(meta.term)};
  if (said == point.last) return absl::OkStatus();
  return Wrong(absl::StrCat("says that ", kStateName, " ends at index ", meta.index, " of term ",
                            meta.term, ", and it ends at index ", point.last.index.value,
                            " of term ", point.last.term.value));
}

std::string EncodeMeta(const Meta& meta) {
  boost::json::array servers;
  for (const Meta::Server& server : meta.servers) {
    servers.push_back(boost::json::object{{"Suffrage", server.voter ? kVoter : kNonvoter},
                                          {"ID", server.id},
                                          {"Address", server.address}});
  }
  const boost::json::object object = {
      {"Version", kVersion},
      {"ID", meta.id},
      {"Index", meta.index},
      {"Term", meta.term},
      {"Peers", Peers(meta.servers)},
      {"Configuration", boost::json::object{{"Servers", std::move(servers)}}},
      {"ConfigurationIndex", meta.configuration_index},
      {"Size", meta.size}};
  return boost::json::serialize(object) + "\n";
}

absl::StatusOr<Meta> DecodeMeta(absl::string_view json) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(View(json), error);
  if (error || !value.is_object()) return Wrong("not a JSON object");
  const boost::json::object& object = value.get_object();
  KONSUL_ASSIGN_OR_RETURN(const uint64_t version, Number(object, "Version"));
  if (version != kVersion && version != kFirstVersion)
    return Wrong(absl::StrCat("version ", version, " is not known"));
  Meta meta;
  KONSUL_ASSIGN_OR_RETURN(meta.id, Text(object, "ID"));
  KONSUL_ASSIGN_OR_RETURN(meta.index, Number(object, "Index"));
  KONSUL_ASSIGN_OR_RETURN(meta.term, Number(object, "Term"));
  KONSUL_ASSIGN_OR_RETURN(meta.servers, Servers(object));
  KONSUL_ASSIGN_OR_RETURN(meta.configuration_index, Number(object, "ConfigurationIndex"));
  KONSUL_ASSIGN_OR_RETURN(meta.size, Number(object, "Size"));
  return meta;
}

}  // namespace konsul::archive
