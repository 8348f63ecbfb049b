#include "net/filter/scanner.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "net/filter/expression.h"
#include "net/filter/utf8.h"

namespace konsul::filter {
namespace {

constexpr char kEnd[] = "EOF";

bool IsSpace(unsigned char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

bool Scanner::Take(absl::string_view literal) {
  if (absl::StartsWith(rest(), literal)) {
    position_ += literal.size();
    return true;
  }
  Missed(Quote(literal));
  return false;
}

bool Scanner::TakeOf(bool (*set)(unsigned char), absl::string_view name) {
  if (!AtEnd() && set(static_cast<unsigned char>(text_[position_]))) {
    ++position_;
    return true;
  }
  Missed(name);
  return false;
}

bool Scanner::TakeAllOf(bool (*set)(unsigned char), absl::string_view name) {
  const size_t start = position_;
  while (TakeOf(set, name)) {
  }
  return position_ > start;
}

bool Scanner::Spaces() { return TakeAllOf(&IsSpace, R"([ \t\r\n])"); }

bool Scanner::End() {
  if (AtEnd()) return true;
  Missed(kEnd);
  return false;
}

void Scanner::Missed(absl::string_view name) {
  if (position_ < furthest_) return;
  if (position_ > furthest_) missed_.clear();
  furthest_ = position_;
  missed_.emplace(name);
}

void Scanner::Fail(size_t position, absl::string_view rule, absl::string_view what) {
  std::string error = absl::StrCat(Place(position), ": rule \"", rule, "\": ", what);
  if (std::find(errors_.begin(), errors_.end(), error) == errors_.end()) {
    errors_.push_back(std::move(error));
  }
}

absl::Status Scanner::Error() const {
  if (!errors_.empty()) return absl::InvalidArgumentError(absl::StrJoin(errors_, "\n"));
  std::vector<std::string> names;
  for (const std::string& name : missed_) {
    if (name != kEnd) names.push_back(name);
  }
  if (missed_.contains(kEnd)) names.emplace_back(kEnd);
  std::string list;
  for (size_t i = 0; i < names.size(); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  }
  return ErrorAt(furthest_, absl::StrCat("no match found, expected: ", list));
}

absl::Status Scanner::ErrorAt(size_t position, absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(Place(position), ": ", what));
}

std::string Scanner::Place(size_t position) const {
  size_t line = 1;
  size_t column = 1;
  for (size_t i = 0;; ++column) {
    // A line begins with its newline, at column 0.
    if (i < text_.size() && text_[i] == '\n') {
      ++line;
      column = 0;
    }
    if (i >= position) break;
    i += FirstRune(text_.substr(i)).size;
  }
  return absl::StrCat(line, ":", column, " (", position, ")");
}

}  // namespace konsul::filter
