// build_corpus OUT_DIR FILE...: makes the binary seeds of a fuzz target, so that the repository
// holds text only.
//
// A file NAME.hex becomes OUT_DIR/NAME. It holds, separated by blanks: pairs of hexadecimal digits
// ("0aff 00"), "quoted strings" with the escapes \r \n \t \0 \" \\, a repetition *N of the byte
// before it ("00 *512": 512 zeros in all), and comments from # to the end of the line. Any other
// file is copied.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

namespace {

// The text of one .hex file as bytes; nothing when it is malformed.
class Decoder {
 public:
  explicit Decoder(const std::string& text) : text_(text) {}

  std::optional<std::string> Run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      bool good = true;
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '"') {
        good = String();
      } else if (c == '*') {
        good = Repeat();
      } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        ++at_;
      } else {
        good = Byte();
      }
      if (!good) return std::nullopt;
    }
    return out_;
  }

 private:
  bool Byte() {
    const std::string digits = text_.substr(at_, 2);
    char* end = nullptr;
    const unsigned long value = std::strtoul(digits.c_str(), &end, 16);
    if (digits.size() != 2 || end != digits.c_str() + 2) return false;
    out_.push_back(static_cast<char>(value));
    at_ += 2;
    return true;
  }

  bool Repeat() {
    char* end = nullptr;
    const unsigned long count = std::strtoul(text_.c_str() + at_ + 1, &end, 10);
    if (out_.empty() || count < 1 || count > (1 << 20)) return false;
    out_.append(count - 1, out_.back());
    at_ = static_cast<size_t>(end - text_.c_str());
    return true;
  }

  bool String() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      char c = text_[at_];
      if (c == '\\') {
        static const std::string kNames = "rnt0\"\\";
        static const std::string kBytes("\r\n\t\0\"\\", 6);
        const size_t which = ++at_ < text_.size() ? kNames.find(text_[at_]) : std::string::npos;
        if (which == std::string::npos) return false;
        c = kBytes[which];
      }
      out_.push_back(c);
    }
    return at_++ < text_.size();
  }

  const std::string& text_;
  size_t at_ = 0;
  std::string out_;
};

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: build_corpus OUT_DIR FILE...\n";
    return 2;
  }
  const std::filesystem::path out_dir = argv[1];
  std::filesystem::remove_all(out_dir);
  std::filesystem::create_directories(out_dir);
  for (int i = 2; i < argc; ++i) {
    const std::filesystem::path path = argv[i];
    std::string bytes = ReadFile(path);
    std::filesystem::path name = path.filename();
    if (path.extension() == ".hex") {
      std::optional<std::string> decoded = Decoder(bytes).Run();
      if (!decoded) {
        std::cerr << path.string() << ": not in the form that build_corpus.cc describes\n";
        return 1;
      }
      bytes = *std::move(decoded);
      name = path.stem();
    }
    std::ofstream out(out_dir / name, std::ios::binary);
    out << bytes;
    if (!out.flush()) {
      std::cerr << (out_dir / name).string() << ": cannot write\n";
      return 1;
    }
  }
  return 0;
}
