// Walks over the text of an expression, forth and back, and remembers what would have helped where
// it came furthest: that is what the client is told when nothing fits. Texts as Consul's clients
// know them.
#ifndef KONSUL_NET_FILTER_SCANNER_H_
#define KONSUL_NET_FILTER_SCANNER_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace konsul::filter {

class Scanner {
 public:
  // `text` stays where it is.
  explicit Scanner(absl::string_view text) : text_(text) {}

  size_t position() const { return position_; }
  void Return(size_t position) { position_ = position; }
  absl::string_view Since(size_t start) const { return text_.substr(start, position_ - start); }
  absl::string_view rest() const { return text_.substr(position_); }
  bool AtEnd() const { return position_ == text_.size(); }

  // Steps over what is there and says whether it was; what was not there is remembered as missed.
  bool Take(absl::string_view literal);
  // One ASCII character; `name` is how the set is called in errors.
  bool TakeOf(bool (*set)(unsigned char), absl::string_view name);
  // As many as there are, and whether there was one.
  bool TakeAllOf(bool (*set)(unsigned char), absl::string_view name);
  bool Spaces();
  bool End();
  // Unseen: missing it is not remembered.
  void Skip(size_t bytes) { position_ += bytes; }

  // What is wrong at a place, whatever follows; by which rule of the grammar. The same once.
  void Fail(size_t position, absl::string_view rule, absl::string_view what);
  bool failed() const { return !errors_.empty(); }

  // InvalidArgument: what Fail was told, or what was missed furthest on.
  absl::Status Error() const;
  absl::Status ErrorAt(size_t position, absl::string_view what) const;

 private:
  void Missed(absl::string_view name);
  // "line:column (offset)".
  std::string Place(size_t position) const;

  absl::string_view text_;
  size_t position_ = 0;
  size_t furthest_ = 0;
  std::set<std::string> missed_;
  std::vector<std::string> errors_;
};

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_SCANNER_H_
