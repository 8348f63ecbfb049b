#include "tests/bench/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace konsul::bench {
namespace {

constexpr uint64_t kWidth = 30;

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() { Wipe(); }

void Progress::Wipe() {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
  shown_ = false;
}

void Progress::Show(uint64_t done, uint64_t total, const std::string& text) {
  if (!terminal_) return;
  const uint64_t marks = total == 0 ? kWidth : std::min(done, total) * kWidth / total;
  Wipe();
  std::cerr << "[" << std::string(marks, '#') << std::string(kWidth - marks, '.') << "] " << done
            << "/" << total << " " << text << std::flush;
  shown_ = true;
}

void Progress::Say(const std::string& line) {
  Wipe();
  std::cerr << line << "\n";
}

}  // namespace konsul::bench
