#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/input.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

flags::Flag Cas() {
  return {"cas", Kind::kBool, "", "Check-and-set: only if the key still has -modify-index."};
}

flags::Flag ModifyIndex() {
  return {"modify-index", Kind::kString, "INDEX",
          "The key's ModifyIndex for -cas. 0 (the default) for put: only if there is no such key."};
}

absl::StatusOr<Outcome> Done(const http::Response& reply, const flags::Parsed& parsed,
                             std::string success, std::string refused) {
  bool done = absl::StartsWith(reply.body, "true");
  if (WantsJson(parsed)) return Outcome{done ? "true\n" : "false\n", done ? "" : refused};
  return done ? Outcome::Ok(absl::StrCat(success, "\n")) : Outcome::Failed(refused);
}

absl::StatusOr<Outcome> RunPut(Api& api, const flags::Parsed& parsed) {
  const std::string& key = parsed.positional[0];
  if (key.empty()) return absl::InvalidArgumentError("the KEY is empty");
  std::string argument = parsed.positional.size() > 1 ? parsed.positional[1] : "";
  KONSUL_ASSIGN_OR_RETURN(std::string value, ReadValue(argument));
  if (parsed.GetBool("base64")) {
    std::string decoded;
    if (!absl::Base64Unescape(value, &decoded)) {
      return absl::InvalidArgumentError("-base64: the value is not base64");
    }
    value = std::move(decoded);
  }
  std::vector<http::QueryParameter> query;
  KONSUL_ASSIGN_OR_RETURN(std::string flags, NumberOf(parsed, "flags"));
  if (flags != "0") query.push_back({"flags", flags});
  if (parsed.GetBool("cas")) {
    KONSUL_ASSIGN_OR_RETURN(std::string index, NumberOf(parsed, "modify-index"));
    query.push_back({"cas", index});
  } else if (parsed.Has("modify-index")) {
    return absl::InvalidArgumentError("-modify-index needs -cas");
  }
  KONSUL_ASSIGN_OR_RETURN(http::Response reply, api.Call("PUT", absl::StrCat("/v1/kv/", key),
                                                         std::move(query), std::move(value)));
  return Done(reply, parsed, absl::StrCat("Success! Data written to: ", key),
              absl::StrCat("Error! Did not write to ", key, ": CAS failed"));
}

absl::StatusOr<Outcome> RunDelete(Api& api, const flags::Parsed& parsed) {
  const std::string& key = parsed.positional[0];
  bool recurse = parsed.GetBool("recurse");
  bool cas = parsed.GetBool("cas");
  if (key.empty() && !recurse) {
    return absl::InvalidArgumentError("the KEY is empty; all keys are deleted with -recurse \"\"");
  }
  if (recurse && cas) return absl::InvalidArgumentError("-cas is for one key, not for -recurse");
  std::vector<http::QueryParameter> query;
  if (recurse) query.push_back({"recurse", ""});
  if (cas) {
    if (!parsed.Has("modify-index")) {
      return absl::InvalidArgumentError("-cas needs -modify-index=INDEX");
    }
    KONSUL_ASSIGN_OR_RETURN(std::string index, NumberOf(parsed, "modify-index"));
    query.push_back({"cas", index});
  }
  KONSUL_ASSIGN_OR_RETURN(http::Response reply,
                          api.Call("DELETE", absl::StrCat("/v1/kv/", key), std::move(query)));
  return Done(reply, parsed,
              recurse ? absl::StrCat("Success! Deleted keys with prefix: ", key)
                      : absl::StrCat("Success! Deleted key: ", key),
              absl::StrCat("Error! Did not delete key ", key, ": CAS failed"));
}

}  // namespace

Command KvPut() {
  return {"kv put",
          "KEY [VALUE|@FILE|-]",
          "Write a key. The value is the argument, a file's content, or standard input.",
          {Cas(),
           ModifyIndex(),
           {"flags", Kind::kString, "N", "A number kept with the key; its meaning is yours."},
           {"base64", Kind::kBool, "", "The value is given in base64."}},
          1,
          2,
          RunPut};
}

Command KvDelete() {
  return {"kv delete",
          "KEY|PREFIX",
          "Delete a key, or all keys below a prefix.",
          {Cas(),
           ModifyIndex(),
           {"recurse", Kind::kBool, "", "Delete all keys that begin with PREFIX."}},
          1,
          1,
          RunDelete};
}

}  // namespace konsul::ctl
