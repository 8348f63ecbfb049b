// Filter expressions. What is read is written and read again as the same; what is bound to a type
// keeps an item or not.
#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>

#include "core/base/check.h"
#include "net/filter/filter.h"
#include "net/filter/parser.h"

namespace {

using namespace konsul;
using filter::Type;

const Type& ItemType() {
  static const auto* const kType =
      new Type(Type::Object({{"a", Type::Text()},
                             {"n", Type::Signed(16)},
                             {"u", Type::Unsigned(64)},
                             {"f", Type::Float()},
                             {"b", Type::Bool()},
                             {"m", Type::Map(Type::Text())},
                             {"l", Type::List(Type::Text())},
                             {"o", Type::List(Type::Object({{"a", Type::Text()}}))}}));
  return *kType;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = filter::Parse(text);
  if (!parsed.ok()) {
    KONSUL_CHECK(!filter::Filter::Make(text, ItemType()).ok());
    return 0;
  }
  const std::string written = filter::ToText(*parsed);
  if (written.size() <= filter::kMaxLength) {
    const auto again = filter::Parse(written);
    KONSUL_CHECK(again.ok(), again.status().message());
    KONSUL_CHECK(*again == *parsed, written);
  }
  const auto filter = filter::Filter::Make(text, ItemType());
  if (!filter.ok()) return 0;
  static const auto* const kItem = new boost::json::value(boost::json::parse(
      R"({"a":"text","n":-3,"u":7,"f":0.5,"b":true,"m":{"k":"v"},"l":["x"],"o":[{"a":"y"}]})"));
  filter->Keeps(*kItem);
  filter->Keeps(boost::json::object());
  return 0;
}
