#include "net/http/uri.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"

namespace konsul::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Replaces `out`. `what` names the part for the message.
absl::Status Decode(absl::string_view in, bool plus_is_space, absl::string_view what,
                    std::string& out) {
  out.clear();
  out.reserve(in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    if (in[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (in[i] != '%') {
      out.push_back(in[i]);
    } else {
      const int high = i + 2 < in.size() ? HexValue(in[i + 1]) : -1;
      const int low = i + 2 < in.size() ? HexValue(in[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("invalid URL escape \"", in.substr(i, 3), "\" in the ", what));
      }
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  return absl::OkStatus();
}

absl::Status ParseQueryInto(absl::string_view encoded, std::vector<QueryParameter>& out) {
  out.clear();
  for (absl::string_view part : absl::StrSplit(encoded, '&', absl::SkipEmpty())) {
    const size_t equals = part.find('=');
    QueryParameter& p = out.emplace_back();
    KONSUL_RETURN_IF_ERROR(Decode(part.substr(0, equals), true, "query", p.key));
    if (equals != absl::string_view::npos) {
      KONSUL_RETURN_IF_ERROR(Decode(part.substr(equals + 1), true, "query", p.value));
    }
  }
  return absl::OkStatus();
}

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

std::string Encode(absl::string_view text, bool keep_slash) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (IsUnreserved(c) || (c == '/' && keep_slash)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

// The code point at `i`, whose size goes to `size`; -1 and 1 where the bytes are not UTF-8.
int32_t CodePointAt(absl::string_view text, size_t i, size_t& size) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(i);
  size = 1;
  if (first < 0x80) return first;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || i + length > text.size()) return -1;
  int32_t point = first & (0x7f >> length);
  for (size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xc0) != 0x80) return -1;
    point = (point << 6) | (byte(i + k) & 0x3f);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return -1;
  size = length;
  return point;
}

// Unicode categories Cc, Cf, Co, Zl, Zp, and Zs but for the ASCII space.
struct Range {
  int32_t first;
  int32_t last;
};
constexpr Range kUnprintable[] = {
    {0x0000, 0x001f}, {0x007f, 0x00a0}, {0x00ad, 0x00ad},   {0x0600, 0x0605},    {0x061c, 0x061c},
    {0x06dd, 0x06dd}, {0x070f, 0x070f}, {0x1680, 0x1680},   {0x180e, 0x180e},    {0x2000, 0x200f},
    {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},   {0xe000, 0xf8ff},    {0xfeff, 0xfeff},
    {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f}, {0xf0000, 0x10ffff},
};

bool IsPrintablePoint(int32_t point) {
  for (const Range& range : kUnprintable) {
    if (point < range.first) return true;
    if (point <= range.last) return false;
  }
  return true;
}

}  // namespace

absl::Status ParseTarget(absl::string_view method, absl::string_view target, std::string& path,
                         std::vector<QueryParameter>& query) {
  path.clear();
  query.clear();
  if (target == "*" && method == "OPTIONS") {
    path = "*";
    return absl::OkStatus();
  }
  absl::string_view rest = target;
  if (absl::StartsWithIgnoreCase(rest, "http://") || absl::StartsWithIgnoreCase(rest, "https://")) {
    rest.remove_prefix(rest.find("://") + 3);
    const size_t authority = rest.find_first_of("/?");
    rest.remove_prefix(authority == absl::string_view::npos ? rest.size() : authority);
    if (rest.empty() || rest[0] == '?') path = "/";
  } else if (rest.empty() || rest[0] != '/') {
    return absl::InvalidArgumentError("the request target is not a path");
  }
  const size_t mark = rest.find('?');
  if (path.empty()) KONSUL_RETURN_IF_ERROR(Decode(rest.substr(0, mark), false, "path", path));
  if (!IsPrintable(path)) {
    return absl::InvalidArgumentError("the path has an unprintable character");
  }
  if (mark == absl::string_view::npos) return absl::OkStatus();
  return ParseQueryInto(rest.substr(mark + 1), query);
}

absl::StatusOr<std::string> DecodePath(absl::string_view encoded) {
  std::string path;
  KONSUL_RETURN_IF_ERROR(Decode(encoded, false, "path", path));
  return path;
}

absl::StatusOr<std::vector<QueryParameter>> ParseQuery(absl::string_view encoded) {
  std::vector<QueryParameter> query;
  KONSUL_RETURN_IF_ERROR(ParseQueryInto(encoded, query));
  return query;
}

std::string EncodePath(absl::string_view path) { return Encode(path, true); }
std::string EncodeQueryComponent(absl::string_view text) { return Encode(text, false); }

std::string BuildTarget(absl::string_view path, const std::vector<QueryParameter>& query) {
  std::string target = EncodePath(path);
  char separator = '?';
  for (const QueryParameter& p : query) {
    target.push_back(separator);
    separator = '&';
    target.append(EncodeQueryComponent(p.key));
    if (!p.value.empty()) absl::StrAppend(&target, "=", EncodeQueryComponent(p.value));
  }
  return target;
}

bool IsPrintable(absl::string_view path) {
  for (size_t i = 0, size = 0; i < path.size(); i += size) {
    const int32_t point = CodePointAt(path, i, size);
    if (point >= 0 && !IsPrintablePoint(point)) return false;
  }
  return true;
}

}  // namespace konsul::http
