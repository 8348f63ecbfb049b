// Writes JSON text byte for byte as Consul's clients know it: as Go's encoding/json does, keys in
// the order of the calls, 64-bit numbers in full.
#ifndef KONSUL_NET_API_JSON_H_
#define KONSUL_NET_API_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace konsul::net_api {

// Compact, or with `pretty` indented by 4 spaces and ended by a newline. The caller balances Begin
// and End, and writes exactly one value after each Key.
class JsonWriter {
 public:
  explicit JsonWriter(bool pretty) : pretty_(pretty) {}

  void BeginArray() { Begin('['); }
  void EndArray() { End(']'); }
  void BeginObject() { Begin('{'); }
  void EndObject() { End('}'); }
  void Key(absl::string_view name);

  // Bytes that are no UTF-8 become U+FFFD.
  void String(absl::string_view text);
  void Number(uint64_t value);
  // A finite one, with as many digits as tell it from its neighbours.
  void Decimal(double value);
  void Bool(bool value);
  void Null();
  // As base64 with padding (RFC 4648, section 4); null when empty.
  void Bytes(absl::string_view bytes);

  // What there is of the text, which goes on afterwards unless everything is closed.
  std::string Take();
  // How much that is.
  size_t size() const { return out_.size(); }

 private:
  void Begin(char bracket);
  void End(char bracket);
  // What goes before a value or a key: comma, newline, indentation.
  void Separate();
  void NewLine();

  bool pretty_;
  bool after_key_ = false;
  std::vector<bool> empty_;  // of each open array or object: nothing written in it yet
  std::string out_;
};

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_JSON_H_
