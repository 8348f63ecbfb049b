#include "net/api/json.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "net/api/text.h"

namespace konsul::net_api {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629, section 4), or 0.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](size_t i, unsigned low, unsigned high) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return in(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return in(1, low, high) && in(2, 0x80, 0xbf) && in(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

void AppendEscape(unsigned char c, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kHex[c >> 4]);
  out.push_back(kHex[c & 15]);
}

void AppendAscii(char c, std::string& out) {
  switch (c) {
    case '"':
    case '\\':
      out.push_back('\\');
      out.push_back(c);
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    case '<':
    case '>':
    case '&':  // harmless inside HTML
      AppendEscape(static_cast<unsigned char>(c), out);
      return;
    default:
      if (static_cast<unsigned char>(c) < 0x20) {
        AppendEscape(static_cast<unsigned char>(c), out);
      } else {
        out.push_back(c);
      }
  }
}

}  // namespace

void JsonWriter::Begin(char bracket) {
  Separate();
  out_.push_back(bracket);
  empty_.push_back(true);
}

void JsonWriter::End(char bracket) {
  const bool was_empty = empty_.back();
  empty_.pop_back();
  if (!was_empty) NewLine();
  out_.push_back(bracket);
}

void JsonWriter::Separate() {
  if (std::exchange(after_key_, false) || empty_.empty()) return;
  if (!empty_.back()) out_.push_back(',');
  empty_.back() = false;
  NewLine();
}

void JsonWriter::NewLine() {
  if (!pretty_) return;
  out_.push_back('\n');
  out_.append(4 * empty_.size(), ' ');
}

void JsonWriter::Key(absl::string_view name) {
  String(name);
  out_.append(pretty_ ? ": " : ":");
  after_key_ = true;
}

void JsonWriter::String(absl::string_view text) {
  Separate();
  out_.push_back('"');
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 1) {
      AppendAscii(text[0], out_);
    } else if (length == 0) {
      out_.append("\\ufffd");
    } else if (text.substr(0, length) == "\xe2\x80\xa8" ||
               text.substr(0, length) == "\xe2\x80\xa9") {
      out_.append(text[2] == '\xa8' ? "\\u2028" : "\\u2029");  // line ends, in JavaScript
    } else {
      out_.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out_.push_back('"');
}

void JsonWriter::Number(uint64_t value) {
  Separate();
  absl::StrAppend(&out_, value);
}

void JsonWriter::Decimal(double value) {
  Separate();
  out_.append(FormatDecimal(value));
}

void JsonWriter::Bool(bool value) {
  Separate();
  out_.append(value ? "true" : "false");
}

void JsonWriter::Null() {
  Separate();
  out_.append("null");
}

void JsonWriter::Bytes(absl::string_view bytes) {
  if (bytes.empty()) {
    Null();
    return;
  }
  Separate();
  absl::StrAppend(&out_, "\"", absl::Base64Escape(bytes), "\"");
}

std::string JsonWriter::Take() {
  if (pretty_ && empty_.empty()) out_.push_back('\n');
  return std::exchange(out_, {});
}

}  // namespace konsul::net_api
