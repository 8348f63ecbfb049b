// Blocking calls on names: what RealDisk does on its I/O threads. Full paths; errors as FileError.
#ifndef KONSUL_NET_REACTOR_FILE_SYSTEM_H_
#define KONSUL_NET_REACTOR_FILE_SYSTEM_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/env/disk.h"

namespace konsul::reactor {

// Makes `root` with its parents (mode 0700, durably) when missing and checks that it is a
// directory in which we may work. Returns its absolute path.
absl::StatusOr<std::string> MakeRootDirectory(absl::string_view root);

// A descriptor of a regular file.
absl::StatusOr<int> OpenFile(const std::string& path, env::OpenMode mode);
absl::Status RenameFile(const std::string& from, const std::string& to);
// A file or an empty directory.
absl::Status RemoveFile(const std::string& path);
// Everything below and the directory itself; missing is fine.
absl::Status RemoveTree(const std::string& path);
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);
absl::StatusOr<bool> FileExists(const std::string& path);
// Parents included.
absl::Status MakeDirectories(const std::string& path);
absl::Status SyncDirectory(const std::string& path);

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_FILE_SYSTEM_H_
