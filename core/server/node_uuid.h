// The id of a server in the form of a UUID, as Consul's clients know ids: its 64 bits first, then
// what nobody else's end with. ef6f57e2e7e51509 is ef6f57e2-e7e5-1509-8000-6b6f6e73756c.
#ifndef KONSUL_CORE_SERVER_NODE_UUID_H_
#define KONSUL_CORE_SERVER_NODE_UUID_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "core/base/ids.h"

namespace konsul::server {

std::string NodeUuid(NodeId id);

// Of such a UUID, or of the sixteen hexadecimal digits alone; nothing for any other text.
std::optional<NodeId> ParseNodeId(absl::string_view text);

// Whether it is a server that is in the catalog under this id.
bool IsNodeUuid(absl::string_view text);

}  // namespace konsul::server

#endif  // KONSUL_CORE_SERVER_NODE_UUID_H_
