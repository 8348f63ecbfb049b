// Questions about nodes, checks and events, asked of one moment of the tables; as in kv_reader.h.
#ifndef KONSUL_CORE_STATE_CATALOG_READER_H_
#define KONSUL_CORE_STATE_CATALOG_READER_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/state/table_store.h"
#include "core/wire/catalog.h"

namespace konsul::state {

// Nothing for a name that cannot be one.
absl::StatusOr<std::optional<wire::Node>> FindNode(const ReadTxn& txn, absl::string_view name);
// Likewise.
absl::StatusOr<std::optional<wire::Check>> FindCheck(const ReadTxn& txn, absl::string_view node,
                                                     absl::string_view id);

// By its UUID, whose letters match in either case. Looks at every node.
absl::StatusOr<std::optional<wire::Node>> FindNodeById(const ReadTxn& txn, absl::string_view id);

struct NodeList {
  Index index;
  std::vector<wire::Node> nodes;  // ascending by name, without regard to case
};
absl::StatusOr<NodeList> ListNodes(const ReadTxn& txn);

struct EventList {
  Index index;
  std::vector<wire::Event> events;  // in the order in which they were fired
};
// The last ones, at most kEventsKept; of one name, unless it is empty.
absl::StatusOr<EventList> ListEvents(const ReadTxn& txn, absl::string_view name);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_CATALOG_READER_H_
