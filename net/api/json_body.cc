#include "net/api/json_body.h"

#include <boost/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace konsul::net_api {

absl::StatusOr<std::string> ReadText(absl::string_view body, absl::string_view key) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
  if (error || !value.is_object()) {
    return absl::InvalidArgumentError("Request decode failed: the body is not a JSON object");
  }
  for (const auto& [name, member] : value.get_object()) {
    if (!absl::EqualsIgnoreCase({name.data(), name.size()}, key)) continue;
    if (!member.is_string()) {
      return absl::InvalidArgumentError(
          absl::StrCat("Request decode failed: \"", key, "\" is not a string"));
    }
    return std::string(member.get_string().data(), member.get_string().size());
  }
  return "";
}

}  // namespace konsul::net_api
