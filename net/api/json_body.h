// What the JSON body of a request says. Letters of keys match in either case, as everywhere in
// Consul's API. Errors are InvalidArgument and fit to be sent to the client.
#ifndef KONSUL_NET_API_JSON_BODY_H_
#define KONSUL_NET_API_JSON_BODY_H_

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"

namespace konsul::net_api {

// What all errors here begin with.
inline constexpr absl::string_view kDecodeFailed = "Request decode failed: ";

absl::StatusOr<boost::json::value> ParseJson(absl::string_view body);

// Reads members of an object one by one; after the first that is not what it should be nothing is
// read any more, and status() names it. What is missing or null leaves the target as it is.
class ObjectReader {
 public:
  // `value` outlives it. An error when it is no object.
  explicit ObjectReader(const boost::json::value& value);
  // "Request decode failed: ...".
  const absl::Status& status() const { return status_; }

  // An error when there are others.
  void Known(std::initializer_list<absl::string_view> keys);
  // Whether it is there, be it null.
  bool Mentions(absl::string_view key) const;
  // Whether it is there and not null.
  bool IsThere(absl::string_view key) const { return Find(key) != nullptr; }
  bool IsNumber(absl::string_view key) const;
  void Text(absl::string_view key, std::string& out);
  void Bool(absl::string_view key, bool& out);
  // All 64 bits.
  void Number(absl::string_view key, uint64_t& out);
  // "10s", or whole nanoseconds.
  void Time(absl::string_view key, Duration& out);
  void Texts(absl::string_view key, std::vector<std::string>& out);
  void TextMap(absl::string_view key, std::map<std::string, std::string>& out);
  // Base64 as RFC 4648 has it, with its padding; ends of lines may be in it.
  void Bytes(absl::string_view key, std::string& out);
  // Null when it is missing, null, or no object (an error then).
  const boost::json::value* Object(absl::string_view key);
  // Null when it is missing, null, or no list (an error then).
  const boost::json::array* List(absl::string_view key);

 private:
  const boost::json::value* Find(absl::string_view key) const;
  void Fail(absl::string_view key, absl::string_view what);

  const boost::json::object* object_ = nullptr;
  absl::Status status_;
};

// The text under `key` of the object that the body is. Empty when the key is missing.
absl::StatusOr<std::string> ReadText(absl::string_view body, absl::string_view key);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_JSON_BODY_H_
