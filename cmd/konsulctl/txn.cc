#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/input.h"
#include "cmd/konsulctl/json.h"
#include "cmd/konsulctl/pretty_json.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

std::string WhyRolledBack(const boost::json::object& reply) {
  std::string text = "Error! Rolled back, nothing was changed";
  for (const boost::json::object& error : Objects(reply, "Errors")) {
    absl::StrAppend(&text, "\n  operation ", Number(error, "OpIndex"), ": ", Text(error, "What"));
  }
  return text;
}

absl::StatusOr<Outcome> RunTxn(Api& api, const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(std::string operations,
                          ReadValue(parsed.positional.empty() ? "-" : parsed.positional[0]));
  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query, WithMode(parsed, {}));
  KONSUL_ASSIGN_OR_RETURN(const http::Response reply, api.Send({.method = "PUT",
                                                                .path = "/v1/txn",
                                                                .query = std::move(query),
                                                                .body = std::move(operations)}));
  if (reply.status != 200 && reply.status != 409) return UnexpectedReply(reply);
  KONSUL_ASSIGN_OR_RETURN(const boost::json::object answer, ParseObject(reply.body));
  Outcome outcome;
  outcome.out = WantsJson(parsed) ? absl::StrCat(reply.body, "\n") : PrettyJson(answer);
  if (reply.status == 409) outcome.error = WhyRolledBack(answer);
  return outcome;
}

}  // namespace

Command TxnCommand() {
  return {"txn",
          "[OPERATIONS|@FILE|-]",
          "Run several operations as one: all of them or none.\n\n"
          "OPERATIONS is a JSON list as the API takes it, with values in base64, read from\n"
          "standard input without an argument:\n\n"
          "  [{\"KV\": {\"Verb\": \"check-not-exists\", \"Key\": \"a\"}},\n"
          "   {\"KV\": {\"Verb\": \"set\", \"Key\": \"a\", \"Value\": \"MQ==\"}}]\n\n"
          "Prints what the server answers. Fails when the transaction was rolled back, and says\n"
          "which operation was the reason. Verbs: set cas lock unlock get get-or-empty get-tree\n"
          "check-index check-session check-not-exists delete delete-tree delete-cas.",
          WithReadFlags({}),
          0,
          1,
          RunTxn};
}

}  // namespace konsul::ctl
