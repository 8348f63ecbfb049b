// tar, as far as a snapshot archive needs it: plain files with short names (POSIX.1-1988 "ustar",
// with GNU's magic and binary sizes understood, too). Nothing here suspends, except for what a
// receiver does.
#ifndef KONSUL_STORAGE_ARCHIVE_TAR_H_
#define KONSUL_STORAGE_ARCHIVE_TAR_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::archive {

inline constexpr size_t kTarBlockBytes = 512;

// The header of a file that only its owner may read; `mtime` in seconds since the epoch. `name` has
// at most 99 bytes.
std::string TarHeader(absl::string_view name, uint64_t size, int64_t mtime);
// The zeros behind a file of this size.
size_t TarPadding(uint64_t size);
// What follows the last file.
std::string TarEnd();

// Takes a tar apart, piece by piece. After an error every later call returns it.
class TarReader {
 public:
  // Gets the files in the order in which they are there. An error stops everything.
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual absl::Status BeginFile(const std::string& name, uint64_t size) = 0;
    virtual absl::Status FileBytes(absl::string_view bytes) = 0;
    virtual absl::Status EndFile() = 0;
  };

  // Of an extended header (pax), and of the zeros behind the end.
  static constexpr uint64_t kPaxBytesMax = 64 << 10;
  static constexpr uint64_t kTrailerBytesMax = 1 << 20;

  // InvalidArgument for what no snapshot archive holds, DataLoss for what is damaged; both say at
  // which byte of the tar.
  absl::Status Push(absl::string_view bytes, Receiver& receiver);
  bool ended() const { return state_ == State::kEnded; }
  // Bytes taken in.
  uint64_t offset() const { return offset_; }

 private:
  enum class State : uint8_t { kHeader, kFile, kPax, kPadding, kEnded };

  // Each takes something off the front.
  absl::Status Step(absl::string_view& bytes, Receiver& receiver);
  absl::Status TakeHeader(absl::string_view& bytes, Receiver& receiver);
  absl::Status TakeFile(absl::string_view& bytes, Receiver& receiver);
  absl::Status TakePax(absl::string_view& bytes);
  absl::Status TakeTrailer(absl::string_view& bytes);
  absl::string_view Take(absl::string_view& bytes, uint64_t most);

  absl::Status OnHeader(Receiver& receiver);
  absl::Status OnEntry(char type, std::string name, uint64_t size, Receiver& receiver);
  absl::Status CheckPax() const;

  State state_ = State::kHeader;
  uint64_t offset_ = 0;
  std::string block_;     // as far as it is there
  std::string pax_;       // likewise
  uint64_t left_ = 0;     // of the file, the extended header or the padding
  size_t padding_ = 0;    // behind it
  int zero_blocks_ = 0;   // in a row
  uint64_t trailer_ = 0;  // bytes behind the end
  absl::Status error_;
};

}  // namespace konsul::archive

#endif  // KONSUL_STORAGE_ARCHIVE_TAR_H_
