// A server's state, once as its tables hold it and once more from nothing but snapshot and log.
#ifndef KONSUL_SIM_CLUSTER_REBUILD_H_
#define KONSUL_SIM_CLUSTER_REBUILD_H_

#include <string>

#include "absl/status/statusor.h"
#include "cmd/node/storage.h"
#include "core/env/env.h"
#include "sim/checkers/state_digest.h"

namespace konsul::cluster {

struct Rebuilt {
  checkers::StateContents kept;  // by the tables
  checkers::StateContents anew;  // in fresh tables, up to the same index
};

// On a fiber of the machine, which runs no server. `storage` names the tables as they are;
// `fresh_tables` is a path that does not exist. Errors as node::Storage::Open.
absl::StatusOr<Rebuilt> RebuildState(const env::Env& env, node::StorageOptions storage,
                                     const std::string& fresh_tables);

}  // namespace konsul::cluster

#endif  // KONSUL_SIM_CLUSTER_REBUILD_H_
