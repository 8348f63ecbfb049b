// A file that appears whole or not at all.
#ifndef KONSUL_CMD_KONSULCTL_OUTPUT_FILE_H_
#define KONSUL_CMD_KONSULCTL_OUTPUT_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::ctl {

// Is PATH.tmp until Publish, which puts it in the place of PATH. Only its owner may read it. Goes
// when it is destroyed before. Every call blocks; errors name the file.
class OutputFile {
 public:
  // PermissionDenied and whatever else the system says. What is there of an earlier attempt is
  // written over.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Create(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  absl::Status Write(absl::string_view bytes);
  // Durable, and under its name.
  absl::Status Publish();

 private:
  OutputFile(std::string path, int fd);

  const std::string path_;
  const std::string temporary_;
  int fd_;
  bool published_ = false;
};

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_OUTPUT_FILE_H_
