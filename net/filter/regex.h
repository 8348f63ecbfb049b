// Regular expressions from anybody: RE2, in time linear in the text, whatever the expression.
#ifndef KONSUL_NET_FILTER_REGEX_H_
#define KONSUL_NET_FILTER_REGEX_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace re2 {
class RE2;
}

namespace konsul::filter {

// Go's syntax (https://github.com/google/re2/wiki/Syntax). Cheap to copy.
class Regex {
 public:
  // InvalidArgument with the text that Go has for it, "error parsing regexp: ..."; also when it
  // would take more than a megabyte.
  static absl::StatusOr<Regex> Compile(absl::string_view expression);

  // Anywhere in the text.
  bool Finds(absl::string_view text) const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> regex) : regex_(std::move(regex)) {}
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace konsul::filter

#endif  // KONSUL_NET_FILTER_REGEX_H_
