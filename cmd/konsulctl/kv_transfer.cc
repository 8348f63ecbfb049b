// Whole subtrees as one JSON document, in the form that Consul's own command exports and imports:
// a list of {"key", "flags", "value" in base64}.
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/input.h"
#include "cmd/konsulctl/json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using flags::Kind;

absl::StatusOr<Outcome> RunExport(Api& api, const flags::Parsed& parsed) {
  const std::string prefix = parsed.positional.empty() ? "" : parsed.positional[0];
  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query,
                          WithMode(parsed, {{"recurse", ""}}));
  KONSUL_ASSIGN_OR_RETURN(http::Response reply,
                          api.Call("GET", absl::StrCat("/v1/kv/", prefix), std::move(query)));
  if (reply.status == 404) return Outcome::Ok("[]\n");
  KONSUL_ASSIGN_OR_RETURN(const std::vector<KvPair> pairs, ParsePairs(reply.body));
  std::string out = "[";
  for (size_t i = 0; i < pairs.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "\n" : ",\n", "\t{\n\t\t\"key\": ", JsonString(pairs[i].key),
                    ",\n\t\t\"flags\": ", pairs[i].flags, ",\n\t\t\"value\": \"",
                    absl::Base64Escape(pairs[i].value), "\"\n\t}");
  }
  return Outcome::Ok(absl::StrCat(out, pairs.empty() ? "]\n" : "\n]\n"));
}

struct Entry {
  std::string key;
  std::string value;
  uint64_t flags = 0;
};

// All of it is checked before anything is written.
absl::StatusOr<std::vector<Entry>> ReadEntries(absl::string_view text) {
  const auto malformed = [](absl::string_view why) {
    return absl::UnknownError(absl::StrCat("Error! The data to import is malformed: ", why));
  };
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  if (error || !value.is_array()) return malformed("not a JSON list");
  std::vector<Entry> entries;
  for (const boost::json::value& element : value.get_array()) {
    if (!element.is_object()) return malformed("not a list of objects");
    const boost::json::object& object = element.get_object();
    Entry entry{.key = Text(object, "key"), .flags = Number(object, "flags")};
    if (entry.key.empty()) return malformed("an entry without a \"key\"");
    const boost::json::value* flags = object.if_contains("flags");
    if (flags != nullptr && Number(object, "flags") == 0 && boost::json::serialize(*flags) != "0") {
      return malformed(absl::StrCat("the \"flags\" of ", entry.key, " are not a number"));
    }
    if (!absl::Base64Unescape(Text(object, "value"), &entry.value)) {
      return malformed(absl::StrCat("the \"value\" of ", entry.key, " is not base64"));
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

absl::StatusOr<Outcome> RunImport(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const std::string text,
                          ReadValue(parsed.positional.empty() ? "-" : parsed.positional[0]));
  KONSUL_ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadEntries(text));
  std::string prefix = parsed.Get("prefix");
  if (!prefix.empty() && !absl::EndsWith(prefix, "/")) prefix += "/";
  Outcome outcome;
  std::string list;
  for (const Entry& entry : entries) {
    const std::string key = absl::StrCat(prefix, entry.key);
    std::vector<http::QueryParameter> query;
    if (entry.flags != 0) query.push_back({"flags", absl::StrCat(entry.flags)});
    const absl::Status written =
        api.Call("PUT", absl::StrCat("/v1/kv/", key), std::move(query), entry.value).status();
    if (!written.ok()) {
      outcome.error = absl::StrCat(written.message(), "\nNot imported: ", key, " and what follows");
      break;
    }
    absl::StrAppend(&outcome.out, "Imported: ", key, "\n");
    absl::StrAppend(&list, list.empty() ? "" : ",", JsonString(key));
  }
  if (WantsJson(parsed)) outcome.out = absl::StrCat("[", list, "]\n");
  return outcome;
}

}  // namespace

Command KvExport() {
  return {"kv export",
          "[PREFIX]",
          "Print all keys that begin with a prefix as a JSON document.\n\n"
          "A list of {\"key\", \"flags\", \"value\"} with values in base64, which `konsulctl kv\n"
          "import` and Consul's own command read. It is of one moment; sessions and indexes are\n"
          "not in it.",
          WithReadFlags({}),
          0,
          1,
          RunExport};
}

Command KvImport() {
  return {"kv import",
          "[DATA|@FILE|-]",
          "Write the keys of a JSON document that `kv export` printed.\n\n"
          "Reads standard input without an argument. Everything is checked before the first key\n"
          "is written; then one key is written after the other, those that exist are replaced,\n"
          "and others are left alone. An error stops it; doing it again is harmless.",
          {{"prefix", Kind::kString, "PREFIX", "Write below PREFIX/ instead."}},
          0,
          1,
          RunImport};
}

}  // namespace konsul::ctl
