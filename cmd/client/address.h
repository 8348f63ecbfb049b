// Where a server is, as people write it.
#ifndef KONSUL_CMD_CLIENT_ADDRESS_H_
#define KONSUL_CMD_CLIENT_ADDRESS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/network.h"

namespace konsul::client {

// "127.0.0.1:8500", "127.0.0.1", "localhost:8500", "http://localhost:8500". Asks the resolver for
// names, which blocks. InvalidArgument names the text and what is wrong with it.
absl::StatusOr<env::Endpoint> ResolveHttpAddress(absl::string_view text);

}  // namespace konsul::client

#endif  // KONSUL_CMD_CLIENT_ADDRESS_H_
