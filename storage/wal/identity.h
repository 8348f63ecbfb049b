// Who a data directory belongs to: the file `node` at its root. Byte format: docs/formats/wal.md,
// section "The node file".
#ifndef KONSUL_STORAGE_WAL_IDENTITY_H_
#define KONSUL_STORAGE_WAL_IDENTITY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/ids.h"
#include "core/env/disk.h"
#include "core/env/random.h"

namespace konsul::wal {

struct Identity {
  NodeId id;          // drawn once, never 0
  std::string name;   // as given by the operator when the directory was new
  ClusterId cluster;  // 0 until the server was bootstrapped
  // The log has held something durable: a log without anything is a lost one from then on.
  bool has_log = false;
  friend bool operator==(const Identity&, const Identity&) = default;
};

// Reads the file, or makes it with an id from `random` when the directory is new. Durable when it
// returns. FailedPrecondition when the directory belongs to a node of another name or was written
// in another format version; DataLoss when the file is damaged, or missing beside a log. Every
// message names the file. Suspends.
absl::StatusOr<Identity> LoadOrCreateIdentity(env::Disk& disk, absl::string_view node_name,
                                              env::Random& random);

// Reads the file; NotFound when it is missing, otherwise as above. Suspends.
absl::StatusOr<Identity> LoadIdentity(env::Disk& disk);

// Replaces the file atomically: after a crash it holds the old identity or the new one. On an error
// either may be there. Suspends.
absl::Status UpdateIdentity(env::Disk& disk, const Identity& identity);

}  // namespace konsul::wal

#endif  // KONSUL_STORAGE_WAL_IDENTITY_H_
