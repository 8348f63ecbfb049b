#include "tests/bench/history.h"

#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace konsul::bench {

absl::StatusOr<std::unique_ptr<HistoryWriter>> HistoryWriter::Create(const std::string& path) {
  std::unique_ptr<HistoryWriter> writer(new HistoryWriter(path));
  if (writer->file_.good()) return writer;
  return absl::PermissionDeniedError(absl::StrCat("cannot write ", path));
}

void HistoryWriter::Acknowledged(absl::string_view key, absl::string_view value) {
  file_ << "ack " << value << ' ' << key << '\n';
}

void HistoryWriter::Unknown(absl::string_view key, absl::string_view value) {
  file_ << "unknown " << value << ' ' << key << '\n';
}

absl::Status HistoryWriter::Close() {
  file_.close();
  if (file_.good()) return absl::OkStatus();
  return absl::UnavailableError("the history could not be written completely");
}

absl::StatusOr<History> History::Parse(absl::string_view text) {
  History history;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    if (words.size() != 3 || (words[0] != "ack" && words[0] != "unknown")) {
      return absl::InvalidArgumentError(absl::StrCat("\"", line, "\" is no line of a history"));
    }
    Key& key = history.keys_[std::string(words[2])];
    if (words[0] == "ack") {
      key.acknowledged = std::string(words[1]);
      ++history.acknowledged_;
    } else {
      key.unknown.emplace(words[1]);
    }
  }
  return history;
}

absl::StatusOr<History> History::Read(const std::string& path) {
  std::ifstream file(path);
  if (!file.good()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::stringstream text;
  text << file.rdbuf();
  return Parse(text.str());
}

bool History::Allows(const Key& key, absl::string_view found) {
  return found == key.acknowledged || key.unknown.count(std::string(found)) > 0;
}

}  // namespace konsul::bench
