// The values of tables kNodes, kChecks and kEvents. Encoding and decoding as in command.h.
#ifndef KONSUL_CORE_WIRE_CATALOG_H_
#define KONSUL_CORE_WIRE_CATALOG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::wire {

// Names and values, ascending by name.
using Pairs = std::vector<std::pair<absl::string_view, absl::string_view>>;

struct Node {
  absl::string_view id;  // a UUID; empty: none was given
  absl::string_view name;
  absl::string_view address;
  absl::string_view datacenter;
  Pairs tagged_addresses;
  Pairs meta;
  uint64_t create_index = 0;
  uint64_t modify_index = 0;

  friend bool operator==(const Node&, const Node&) = default;
};

struct Check {
  absl::string_view node;
  absl::string_view id;
  absl::string_view name;
  absl::string_view status;  // "passing", "warning" or "critical"
  absl::string_view notes;
  absl::string_view output;
  absl::string_view type;
  uint64_t create_index = 0;
  uint64_t modify_index = 0;

  friend bool operator==(const Check&, const Check&) = default;
};

struct Event {
  absl::string_view id;
  absl::string_view name;
  absl::string_view payload;
  absl::string_view node_filter;
  absl::string_view service_filter;
  absl::string_view tag_filter;
  uint64_t ltime = 0;  // counts all events of the cluster
  uint64_t index = 0;

  friend bool operator==(const Event&, const Event&) = default;
};

std::string EncodeNode(const Node& node);
std::string EncodeCheck(const Check& check);
std::string EncodeEvent(const Event& event);
// DataLoss when the bytes are damaged.
absl::StatusOr<Node> DecodeNode(absl::string_view bytes);
absl::StatusOr<Check> DecodeCheck(absl::string_view bytes);
absl::StatusOr<Event> DecodeEvent(absl::string_view bytes);

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_CATALOG_H_
