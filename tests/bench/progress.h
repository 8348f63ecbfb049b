// A bar on a terminal while something lasts; nothing where standard error is not a terminal.
#ifndef KONSUL_TESTS_BENCH_PROGRESS_H_
#define KONSUL_TESTS_BENCH_PROGRESS_H_

#include <cstdint>
#include <string>

namespace konsul::bench {

class Progress {
 public:
  Progress();
  ~Progress();  // wipes the line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "[#####.....] 50/100 text".
  void Show(uint64_t done, uint64_t total, const std::string& text);
  // A line that stays, above the bar; on any standard error.
  void Say(const std::string& line);

 private:
  void Wipe();

  bool terminal_;
  bool shown_ = false;
};

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_PROGRESS_H_
