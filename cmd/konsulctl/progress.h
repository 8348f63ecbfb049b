// How far something long has come, for people who watch a terminal.
#ifndef KONSUL_CMD_KONSULCTL_PROGRESS_H_
#define KONSUL_CMD_KONSULCTL_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace konsul::ctl {

// One line: "Reading a.snap  [######..............]  31%".
std::string ProgressLine(absl::string_view label, uint64_t done, uint64_t total);

// Redraws its line on standard error at each percent, and takes it away at the end; nothing where
// standard error is no terminal, or where it would be over at once.
class Progress {
 public:
  Progress(std::string label, uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(uint64_t done);

 private:
  const std::string label_;
  const uint64_t total_;
  const bool shown_;
  int percent_ = -1;  // as drawn
};

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_PROGRESS_H_
