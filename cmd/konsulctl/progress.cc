#include "cmd/konsulctl/progress.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "absl/strings/str_format.h"

namespace konsul::ctl {
namespace {

constexpr uint64_t kWorthBytes = 32 << 20;
constexpr int kMarks = 20;

int Percent(uint64_t done, uint64_t total) {
  if (done >= total) return 100;
  return static_cast<int>(static_cast<double>(done) * 100 / static_cast<double>(total));
}

}  // namespace

std::string ProgressLine(absl::string_view label, uint64_t done, uint64_t total) {
  const int percent = Percent(done, total);
  const auto marks = static_cast<size_t>(percent * kMarks / 100);
  return absl::StrFormat("%s  [%s%s] %3d%%", label, std::string(marks, '#'),
                         std::string(kMarks - marks, '.'), percent);
}

Progress::Progress(std::string label, uint64_t total)
    : label_(std::move(label)),
      total_(total),
      shown_(total >= kWorthBytes && isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (percent_ >= 0) std::cerr << "\r\x1b[K" << std::flush;
}

void Progress::Update(uint64_t done) {
  if (!shown_ || Percent(done, total_) == percent_) return;
  percent_ = Percent(done, total_);
  std::cerr << "\r" << ProgressLine(label_, done, total_) << std::flush;
}

}  // namespace konsul::ctl
