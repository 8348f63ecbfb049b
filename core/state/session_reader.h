// Questions about sessions, asked of one moment of the tables; as in kv_reader.h.
#ifndef KONSUL_CORE_STATE_SESSION_READER_H_
#define KONSUL_CORE_STATE_SESSION_READER_H_

#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/state/table_store.h"
#include "core/wire/session.h"

namespace konsul::state {

// Nothing for an id that cannot be one.
absl::StatusOr<std::optional<wire::Session>> FindSession(const ReadTxn& txn, absl::string_view id);

struct SessionLookup {
  Index index;
  std::vector<wire::Session> sessions;  // ascending by id
};
// None or one. The index of a missing one may grow when others end.
absl::StatusOr<SessionLookup> GetSession(const ReadTxn& txn, absl::string_view id);
absl::StatusOr<SessionLookup> ListSessions(const ReadTxn& txn);
absl::StatusOr<SessionLookup> ListNodeSessions(const ReadTxn& txn, absl::string_view node);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_SESSION_READER_H_
