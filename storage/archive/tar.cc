#include "storage/archive/tar.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::archive {
namespace {

// A field of the header: POSIX.1-2017, pax, "ustar Interchange Format".
struct Field {
  size_t offset;
  size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kMode{100, 8};
constexpr Field kUid{108, 8};
constexpr Field kGid{116, 8};
constexpr Field kSize{124, 12};
constexpr Field kMtime{136, 12};
constexpr Field kChecksum{148, 8};
constexpr Field kType{156, 1};
constexpr Field kMagic{257, 8};
constexpr Field kPrefix{345, 155};

constexpr absl::string_view kUstar("ustar\00000", 8);
constexpr absl::string_view kGnu("ustar  \0", 8);
// In the first byte of a number: it is binary (GNU).
constexpr unsigned char kBinary = 0x80;
constexpr uint64_t kSizeMax = uint64_t{1} << 62;

void Put(std::string& block, Field field, absl::string_view value) {
  block.replace(field.offset, value.size(), value.data(), value.size());
}

absl::string_view Get(absl::string_view block, Field field) {
  return block.substr(field.offset, field.size);
}

std::string Text(absl::string_view block, Field field) {
  const absl::string_view text = Get(block, field);
  return std::string(text.substr(0, text.find('\0')));
}

// Octal with a zero behind, or what does not fit so in binary, big-endian.
void PutNumber(std::string& block, Field field, uint64_t value) {
  const int digits = static_cast<int>(field.size) - 1;
  if (value >> (3 * digits) == 0) {
    Put(block, field, absl::StrFormat("%0*o", digits, value));
    return;
  }
  std::string binary(field.size, '\0');
  for (size_t i = field.size; i > 1 && value != 0; --i, value >>= 8) {
    binary[i - 1] = static_cast<char>(value);
  }
  binary[0] = static_cast<char>(kBinary);
  Put(block, field, binary);
}

std::optional<uint64_t> GetNumber(absl::string_view block, Field field) {
  absl::string_view text = Get(block, field);
  uint64_t value = 0;
  const auto first = static_cast<unsigned char>(text[0]);
  if ((first & kBinary) != 0) {
    if (first != kBinary) return std::nullopt;  // negative, or absurd
    for (const char c : text.substr(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '7'; ++digits) {
    value = value << 3 | static_cast<uint64_t>(text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  if (digits < text.size() && text[digits] != ' ' && text[digits] != '\0') return std::nullopt;
  return value;
}

// Of all bytes, those of the checksum taken for blanks.
uint64_t Checksum(absl::string_view block) {
  uint64_t sum = kChecksum.size * ' ';
  for (size_t i = 0; i < block.size(); ++i) {
    if (i - kChecksum.offset >= kChecksum.size) sum += static_cast<unsigned char>(block[i]);
  }
  return sum;
}

bool IsZero(absl::string_view bytes) {
  return bytes.find_first_not_of('\0') == absl::string_view::npos;
}

}  // namespace

std::string TarHeader(absl::string_view name, uint64_t size, int64_t mtime) {
  KONSUL_CHECK(name.size() < kName.size, "a name too long for a tar: ", std::string(name));
  std::string block(kTarBlockBytes, '\0');
  Put(block, kName, name);
  PutNumber(block, kMode, 0600);
  PutNumber(block, kUid, 0);
  PutNumber(block, kGid, 0);
  PutNumber(block, kSize, size);
  PutNumber(block, kMtime, static_cast<uint64_t>(std::max<int64_t>(mtime, 0)));
  Put(block, kType, "0");
  Put(block, kMagic, kUstar);
  Put(block, kChecksum, absl::StrFormat("%06o", Checksum(block)) + std::string("\0 ", 2));
  return block;
}

size_t TarPadding(uint64_t size) {
  return (kTarBlockBytes - size % kTarBlockBytes) % kTarBlockBytes;
}

std::string TarEnd() { return std::string(2 * kTarBlockBytes, '\0'); }

absl::string_view TarReader::Take(absl::string_view& bytes, uint64_t most) {
  const absl::string_view taken = bytes.substr(0, std::min<uint64_t>(most, bytes.size()));
  bytes.remove_prefix(taken.size());
  offset_ += taken.size();
  return taken;
}

absl::Status TarReader::Push(absl::string_view bytes, Receiver& receiver) {
  while (error_.ok() && !bytes.empty()) error_ = Step(bytes, receiver);
  return error_;
}

absl::Status TarReader::Step(absl::string_view& bytes, Receiver& receiver) {
  switch (state_) {
    case State::kHeader:
      return TakeHeader(bytes, receiver);
    case State::kFile:
      return TakeFile(bytes, receiver);
    case State::kPax:
      return TakePax(bytes);
    case State::kPadding:
      left_ -= Take(bytes, left_).size();
      if (left_ == 0) state_ = State::kHeader;
      return absl::OkStatus();
    case State::kEnded:
      return TakeTrailer(bytes);
  }
  return absl::OkStatus();
}

absl::Status TarReader::TakeHeader(absl::string_view& bytes, Receiver& receiver) {
  const absl::string_view taken = Take(bytes, kTarBlockBytes - block_.size());
  block_.append(taken.data(), taken.size());
  if (block_.size() < kTarBlockBytes) return absl::OkStatus();
  const absl::Status status = OnHeader(receiver);
  block_.clear();
  return status;
}

absl::Status TarReader::OnHeader(Receiver& receiver) {
  const uint64_t at = offset_ - kTarBlockBytes;
  const auto damaged = [&](absl::string_view what) {
    return absl::DataLossError(absl::StrCat(what, ", at byte ", at, " of the tar"));
  };
  if (IsZero(block_)) {
    if (++zero_blocks_ == 2) state_ = State::kEnded;
    return absl::OkStatus();
  }
  if (zero_blocks_ > 0) return damaged("a block of zeros between two files");
  const std::optional<uint64_t> checksum = GetNumber(block_, kChecksum);
  const absl::string_view magic = Get(block_, kMagic);
  if (magic != kUstar && magic != kGnu) {
    return absl::InvalidArgumentError(
        absl::StrCat("what is packed is no tar: no header of a file at byte ", at));
  }
  if (!checksum || *checksum != Checksum(block_)) {
    return damaged("the header of a file has a wrong checksum");
  }
  const std::optional<uint64_t> size = GetNumber(block_, kSize);
  if (!size || *size > kSizeMax) return damaged("a file has an absurd size");
  std::string name = Text(block_, kName);
  // GNU has other things in there.
  const std::string prefix = magic == kUstar ? Text(block_, kPrefix) : "";
  if (!prefix.empty()) name = absl::StrCat(prefix, "/", name);
  return OnEntry(Get(block_, kType)[0], std::move(name), *size, receiver);
}

absl::Status TarReader::OnEntry(char type, std::string name, uint64_t size, Receiver& receiver) {
  left_ = size;
  padding_ = TarPadding(size);
  if (type == 'x' || type == 'g') {
    if (size > kPaxBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "an extended header of ", size, " bytes; at most ", kPaxBytesMax, " are read"));
    }
    pax_.clear();
    state_ = State::kPax;
    return absl::OkStatus();
  }
  // What `tar -C DIR .` makes.
  while (absl::StartsWith(name, "./")) name.erase(0, 2);
  if (type == '5' && size == 0 && (name.empty() || name == ".")) return absl::OkStatus();
  if (type != '0' && type != '\0') {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" is not a plain file, which no snapshot archive holds"));
  }
  KONSUL_RETURN_IF_ERROR(receiver.BeginFile(name, size));
  state_ = State::kFile;
  if (size > 0) return absl::OkStatus();
  state_ = State::kHeader;
  return receiver.EndFile();
}

absl::Status TarReader::TakeFile(absl::string_view& bytes, Receiver& receiver) {
  const absl::string_view taken = Take(bytes, left_);
  left_ -= taken.size();
  KONSUL_RETURN_IF_ERROR(receiver.FileBytes(taken));
  if (left_ > 0) return absl::OkStatus();
  left_ = padding_;
  state_ = left_ > 0 ? State::kPadding : State::kHeader;
  return receiver.EndFile();
}

absl::Status TarReader::TakePax(absl::string_view& bytes) {
  const absl::string_view taken = Take(bytes, left_);
  pax_.append(taken.data(), taken.size());
  left_ -= taken.size();
  if (left_ > 0) return absl::OkStatus();
  left_ = padding_;
  state_ = left_ > 0 ? State::kPadding : State::kHeader;
  return CheckPax();
}

// Times and owners do not matter. What would change which bytes are a file's, does.
absl::Status TarReader::CheckPax() const {
  absl::string_view rest = pax_;
  while (!rest.empty()) {
    const size_t blank = rest.find(' ');
    uint64_t size = 0;
    if (blank == absl::string_view::npos || !absl::SimpleAtoi(rest.substr(0, blank), &size) ||
        size <= blank + 1 || size > rest.size()) {
      return absl::DataLossError("an extended header makes no sense");
    }
    const absl::string_view record = rest.substr(blank + 1, size - blank - 1);
    const absl::string_view key = record.substr(0, record.find('='));
    if (key == "path" || key == "size" || absl::StartsWith(key, "GNU.sparse")) {
      return absl::InvalidArgumentError(
          absl::StrCat("an extended header changes the ", key,
                       " of a file, which is not understood here; pack it with --format=ustar"));
    }
    rest.remove_prefix(size);
  }
  return absl::OkStatus();
}

absl::Status TarReader::TakeTrailer(absl::string_view& bytes) {
  const uint64_t at = offset_;
  const absl::string_view taken = Take(bytes, bytes.size());
  trailer_ += taken.size();
  if (IsZero(taken) && trailer_ <= kTrailerBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("there is more behind the end of the tar, from byte ", at, " on"));
}

}  // namespace konsul::archive
