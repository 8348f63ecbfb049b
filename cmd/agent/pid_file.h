// The process id in a file, for whoever supervises the agent.
#ifndef KONSUL_CMD_AGENT_PID_FILE_H_
#define KONSUL_CMD_AGENT_PID_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace konsul::agent {

// Removes the file when destroyed, if it still names this process.
class PidFile {
 public:
  // Written whole or not at all. FailedPrecondition when the file names a living konsul; what a
  // dead one left behind is replaced. PermissionDenied or Unavailable when it cannot be written.
  static absl::StatusOr<std::unique_ptr<PidFile>> Create(const std::string& path);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace konsul::agent

#endif  // KONSUL_CMD_AGENT_PID_FILE_H_
