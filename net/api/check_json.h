// Checks as transactions read and write them.
#ifndef KONSUL_NET_API_CHECK_JSON_H_
#define KONSUL_NET_API_CHECK_JSON_H_

#include <boost/json/value.hpp>
#include <deque>
#include <string>

#include "absl/status/statusor.h"
#include "core/wire/catalog.h"
#include "net/api/json.h"

namespace konsul::net_api {

void WriteCheck(const wire::Check& check, JsonWriter& json);

// Of an object with Consul's members. Definition, ServiceName, ServiceTags and ExposedPort are not
// kept. InvalidArgument for others.
struct CheckJson {
  wire::Check check;  // ModifyIndex and CreateIndex, too
  std::string service;
};
// The texts of the check are put into `texts`, which outlive it.
absl::StatusOr<CheckJson> ReadCheckJson(const boost::json::value& value,
                                        std::deque<std::string>& texts);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_CHECK_JSON_H_
