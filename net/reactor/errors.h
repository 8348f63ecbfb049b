// errno as absl::Status: the same code for the same cause in every part of this folder.
#ifndef KONSUL_NET_REACTOR_ERRORS_H_
#define KONSUL_NET_REACTOR_ERRORS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace konsul::reactor {

// "No such file or directory".
std::string ErrnoText(int error);

// For files, as core/env/disk.h says: "open /var/lib/konsul/wal/1.seg: No such file or directory".
absl::Status FileError(absl::string_view operation, absl::string_view path, int error);

// For sockets, as core/env/network.h says: "connect to 127.0.0.1:8300: Connection refused".
absl::Status SocketError(absl::string_view context, int error);

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_ERRORS_H_
