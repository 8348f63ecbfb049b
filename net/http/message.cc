#include "net/http/message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "net/http/uri.h"

namespace konsul::http {
namespace {

void AppendField(absl::string_view name, absl::string_view value, std::string& out) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const size_t begin = out.size();
  absl::StrAppend(&out, name, ": ", value);
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), is_control, ' ');
  out.append("\r\n");
}

// A request with one of these methods means a body even when it is empty (RFC 9110, 8.6).
bool MethodHasBody(absl::string_view method) {
  return method == "PUT" || method == "POST" || method == "PATCH";
}

bool StatusHasBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

void Headers::Add(absl::string_view name, absl::string_view value) {
  entries_.push_back({static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(name.size()),
                      static_cast<uint32_t>(value.size())});
  text_.append(name.data(), name.size());
  text_.append(value.data(), value.size());
}

void Headers::Set(absl::string_view name, absl::string_view value) {
  Remove(name);
  Add(name, value);
}

void Headers::Remove(absl::string_view name) {
  // The text stays behind: headers are short-lived and rarely replaced.
  std::erase_if(entries_, [&](const Entry& e) { return absl::EqualsIgnoreCase(Name(e), name); });
}

void Headers::Clear() {
  entries_.clear();
  text_.clear();
}

std::optional<absl::string_view> Headers::Get(absl::string_view name) const {
  for (const Entry& e : entries_) {
    if (absl::EqualsIgnoreCase(Name(e), name)) return Value(e);
  }
  return std::nullopt;
}

size_t Headers::Count(absl::string_view name) const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return absl::EqualsIgnoreCase(Name(e), name);
  }));
}

std::optional<absl::string_view> Request::Query(absl::string_view key) const {
  for (const QueryParameter& p : query) {
    if (p.key == key) return absl::string_view(p.value);
  }
  return std::nullopt;
}

std::vector<absl::string_view> Request::QueryAll(absl::string_view key) const {
  std::vector<absl::string_view> values;
  for (const QueryParameter& p : query) {
    if (p.key == key) values.push_back(p.value);
  }
  return values;
}

Request Request::Make(absl::string_view method, absl::string_view target, std::string body) {
  Request request;
  request.method = std::string(method);
  request.target = std::string(target);
  request.body = std::move(body);
  return request;
}

void Request::Clear() {
  method.clear();
  target.clear();
  path.clear();
  query.clear();
  headers.Clear();
  body.clear();
  upload = nullptr;
  parked.reset();
}

Response Response::Text(int status, absl::string_view text) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::string(text);
  return response;
}

Response Response::Json(int status, std::string json) {
  Response response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

absl::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Request Entity Too Large";  // the phrase Consul's clients see
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void AppendRequest(const Request& request, absl::string_view host, std::string& out,
                   std::optional<uint64_t> body_size) {
  const std::string target =
      request.target.empty() ? BuildTarget(request.path, request.query) : request.target;
  absl::StrAppend(&out, request.method, " ", target, " HTTP/1.1\r\n");
  if (!request.headers.Has("Host")) AppendField("Host", host, out);
  for (size_t i = 0; i < request.headers.size(); ++i) {
    AppendField(request.headers[i].name, request.headers[i].value, out);
  }
  if (body_size || !request.body.empty() || MethodHasBody(request.method)) {
    absl::StrAppend(&out, "Content-Length: ", body_size.value_or(request.body.size()), "\r\n");
  }
  out.append("\r\n");
  if (!body_size) out.append(request.body);
}

void AppendChunk(absl::string_view bytes, std::string& out) {
  if (bytes.empty()) return;
  absl::StrAppend(&out, absl::Hex(bytes.size()), "\r\n", bytes, "\r\n");
}

void AppendLastChunk(std::string& out) { out.append("0\r\n\r\n"); }

void AppendResponse(const Response& response, const ResponseFraming& framing, std::string& out) {
  absl::StrAppend(&out, "HTTP/1.1 ", response.status, " ", ReasonPhrase(response.status), "\r\n");
  for (size_t i = 0; i < response.headers.size(); ++i) {
    AppendField(response.headers[i].name, response.headers[i].value, out);
  }
  if (!framing.date.empty()) absl::StrAppend(&out, "Date: ", framing.date, "\r\n");
  if (framing.close) {
    out.append("Connection: close\r\n");
  } else if (framing.keep_alive_10) {
    out.append("Connection: keep-alive\r\n");
  }
  const bool has_body = StatusHasBody(response.status);
  if (framing.chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (has_body && !framing.until_close) {
    absl::StrAppend(&out, "Content-Length: ", response.body.size(), "\r\n");
  }
  out.append("\r\n");
  if (has_body && !framing.head_request) out.append(response.body);
}

}  // namespace konsul::http
