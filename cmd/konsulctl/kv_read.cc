#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

std::string Detailed(const KvPair& pair) {
  return absl::StrFormat(
      "CreateIndex      %d\nFlags            %d\nKey              %s\nLockIndex        %d\n"
      "ModifyIndex      %d\nSession          %s\nValue            %s\n",
      pair.create_index, pair.flags, pair.key, pair.lock_index, pair.modify_index,
      pair.session.empty() ? "-" : pair.session, pair.value);
}

std::string Lines(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) absl::StrAppend(&out, line, "\n");
  return out;
}

absl::StatusOr<Outcome> Keys(Api& api, const flags::Parsed& parsed, const std::string& prefix,
                             const std::string& separator) {
  std::vector<http::QueryParameter> query = {{"keys", ""}};
  if (!separator.empty()) query.push_back({"separator", separator});
  KONSUL_ASSIGN_OR_RETURN(query, WithMode(parsed, std::move(query)));
  KONSUL_ASSIGN_OR_RETURN(http::Response reply,
                          api.Call("GET", absl::StrCat("/v1/kv/", prefix), std::move(query)));
  std::string body = reply.status == 404 ? "[]" : std::move(reply.body);
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(std::vector<std::string> keys, ParseStrings(body));
  return Outcome::Ok(Lines(keys));
}

absl::StatusOr<Outcome> Recurse(Api& api, const flags::Parsed& parsed, const std::string& prefix) {
  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query,
                          WithMode(parsed, {{"recurse", ""}}));
  KONSUL_ASSIGN_OR_RETURN(http::Response reply,
                          api.Call("GET", absl::StrCat("/v1/kv/", prefix), std::move(query)));
  std::string body = reply.status == 404 ? "[]" : std::move(reply.body);
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(std::vector<KvPair> pairs, ParsePairs(body));
  std::string out;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (parsed.GetBool("detailed")) {
      absl::StrAppend(&out, i > 0 ? "\n" : "", Detailed(pairs[i]));
    } else {
      absl::StrAppend(&out, pairs[i].key, ":", pairs[i].value, "\n");
    }
  }
  return Outcome::Ok(std::move(out));
}

absl::StatusOr<Outcome> RunGet(Api& api, const flags::Parsed& parsed) {
  std::string key = parsed.positional.empty() ? "" : parsed.positional[0];
  if (parsed.GetBool("keys")) return Keys(api, parsed, key, parsed.Get("separator", "/"));
  if (parsed.GetBool("recurse")) return Recurse(api, parsed, key);
  if (key.empty()) return absl::InvalidArgumentError("the KEY is missing");

  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query, WithMode(parsed, {}));
  KONSUL_ASSIGN_OR_RETURN(http::Response reply,
                          api.Call("GET", absl::StrCat("/v1/kv/", key), std::move(query)));
  if (reply.status == 404) {
    return Outcome::Failed(absl::StrCat("Error! No key exists at: ", key));
  }
  if (WantsJson(parsed)) return Outcome::Ok(absl::StrCat(reply.body, "\n"));
  KONSUL_ASSIGN_OR_RETURN(std::vector<KvPair> pairs, ParsePairs(reply.body));
  if (pairs.size() != 1) return absl::InternalError("Error! The server sent more than one key");
  if (parsed.GetBool("detailed")) return Outcome::Ok(Detailed(pairs[0]));
  if (parsed.GetBool("base64")) {
    return Outcome::Ok(absl::StrCat(absl::Base64Escape(pairs[0].value), "\n"));
  }
  return Outcome::Ok(absl::StrCat(pairs[0].value, parsed.GetBool("raw") ? "" : "\n"));
}

absl::StatusOr<Outcome> RunList(Api& api, const flags::Parsed& parsed) {
  return Keys(api, parsed, parsed.positional.empty() ? "" : parsed.positional[0],
              parsed.Get("separator"));
}

}  // namespace

Command KvGet() {
  return {"kv get",
          "KEY|PREFIX",
          "Print the value of a key, or of all keys below a prefix.",
          WithReadFlags(
              {{"raw", Kind::kBool, "", "The value's bytes only, without a newline after them."},
               {"base64", Kind::kBool, "", "The value in base64."},
               {"detailed", Kind::kBool, "", "With indexes, flags and session."},
               {"recurse", Kind::kBool, "", "All keys that begin with PREFIX, as KEY:VALUE lines."},
               {"keys", Kind::kBool, "", "Names only, up to the next separator after PREFIX."},
               {"separator", Kind::kString, "TEXT", "For -keys. Default: \"/\"."}}),
          0,
          1,
          RunGet};
}

Command KvList() {
  return {"kv list",
          "[PREFIX]",
          "Print the names of all keys that begin with a prefix.",
          WithReadFlags(
              {{"separator", Kind::kString, "TEXT", "Only up to the next TEXT after PREFIX."}}),
          0,
          1,
          RunList};
}

}  // namespace konsul::ctl
