// What a load generator was told about its writes, kept in a file, so that they can be read back
// later by another process.
//
// One write a line, in the order in which the writer of its key learnt of it:
//
//   ack 12:0034 bench/load/12/34         acknowledged: must be there, unless overwritten since
//   unknown 12:0035 bench/load/12/hot    sent, without an answer that says whether it was done
//
// Each key has one writer with one write under way at a time.
#ifndef KONSUL_TESTS_BENCH_HISTORY_H_
#define KONSUL_TESTS_BENCH_HISTORY_H_

#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::bench {

class HistoryWriter {
 public:
  // Empties the file. PermissionDenied when it cannot be written.
  static absl::StatusOr<std::unique_ptr<HistoryWriter>> Create(const std::string& path);

  void Acknowledged(absl::string_view key, absl::string_view value);
  void Unknown(absl::string_view key, absl::string_view value);
  // Unavailable when not everything could be written.
  absl::Status Close();

 private:
  explicit HistoryWriter(const std::string& path) : file_(path, std::ios::trunc) {}

  std::ofstream file_;
};

class History {
 public:
  struct Key {
    std::string acknowledged;       // the last one; empty: none
    std::set<std::string> unknown;  // may have been done at any time, also after the last one
  };

  // InvalidArgument names the line that is none of the two.
  static absl::StatusOr<History> Parse(absl::string_view text);
  // NotFound, or as Parse.
  static absl::StatusOr<History> Read(const std::string& path);

  // What may be found once all is quiet: the last acknowledged value, or one that nobody knows of.
  // `found` is empty when there is no such key.
  static bool Allows(const Key& key, absl::string_view found);

  const std::map<std::string, Key>& keys() const { return keys_; }
  size_t acknowledged() const { return acknowledged_; }  // writes

 private:
  std::map<std::string, Key> keys_;
  size_t acknowledged_ = 0;
};

}  // namespace konsul::bench

#endif  // KONSUL_TESTS_BENCH_HISTORY_H_
