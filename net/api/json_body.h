// What the JSON body of a request says.
#ifndef KONSUL_NET_API_JSON_BODY_H_
#define KONSUL_NET_API_JSON_BODY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::net_api {

// The text under `key` of the object that the body is; letters of keys match in either case, as
// everywhere in Consul's API. Empty when the key is missing; InvalidArgument when the body is no
// object or the value no text.
absl::StatusOr<std::string> ReadText(absl::string_view body, absl::string_view key);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_JSON_BODY_H_
