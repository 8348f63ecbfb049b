// The small notations of an experiment file, written: the counterpart of values.h. Pure.
#ifndef KONSUL_CHAOS_WRITE_VALUES_H_
#define KONSUL_CHAOS_WRITE_VALUES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "chaos/experiment.h"
#include "chaos/values.h"

namespace konsul::chaos {

// Quoted where YAML would read something else.
std::string Text(absl::string_view text);
std::string Quoted(absl::string_view text);
// "[a, b]"
std::string FlowList(const std::vector<std::string>& items);
std::string LabelMap(const Labels& labels);
// 345000 is "\"34.5\"".
std::string Percent(uint64_t ppm);
// What ParseRate reads as this interval, or the nearest there is.
std::string Rate(Duration interval);

// "{a: 1, b: x}"; values are written as they are.
class FlowMap {
 public:
  FlowMap& Add(absl::string_view key, const absl::AlphaNum& value) {
    absl::StrAppend(&text_, text_.empty() ? "" : ", ", key, ": ", value);
    return *this;
  }
  std::string Done() const { return absl::StrCat("{", text_, "}"); }

 private:
  std::string text_;
};

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_WRITE_VALUES_H_
