// JSON replies of a server, read without trust: what is missing or of another type is empty.
#ifndef KONSUL_CMD_KONSULCTL_JSON_H_
#define KONSUL_CMD_KONSULCTL_JSON_H_

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::ctl {

// Internal "is it a Konsul server?" for text that is not what was promised.
absl::Status NotUnderstood();
absl::StatusOr<boost::json::array> ParseArray(absl::string_view text);
absl::StatusOr<boost::json::object> ParseObject(absl::string_view text);

uint64_t Number(const boost::json::object& object, absl::string_view key);
std::string Text(const boost::json::object& object, absl::string_view key);
bool Bool(const boost::json::object& object, absl::string_view key);
// The objects in the array under `key`.
std::vector<boost::json::object> Objects(const boost::json::object& object, absl::string_view key);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_JSON_H_
