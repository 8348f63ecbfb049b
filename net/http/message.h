// HTTP messages as values: what a handler is given, what it answers, and what a client sends.
// Nothing here does I/O. Semantics: RFC 9110; bytes: RFC 9112; limits: docs/formats/http.md.
#ifndef KONSUL_NET_HTTP_MESSAGE_H_
#define KONSUL_NET_HTTP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/base/time.h"
#include "core/env/network.h"
#include "core/fiber/continuation.h"

namespace konsul::http {

// Header fields in the order they came; names compare without case. All text lies in one buffer,
// so that a Headers reused for the next message allocates nothing. Views are valid until the next
// change.
class Headers {
 public:
  struct Field {
    absl::string_view name;
    absl::string_view value;
  };

  // Appends, also when the name is there already.
  void Add(absl::string_view name, absl::string_view value);
  // Replaces every field of this name by one.
  void Set(absl::string_view name, absl::string_view value);
  void Remove(absl::string_view name);
  void Clear();

  // The first field of this name.
  std::optional<absl::string_view> Get(absl::string_view name) const;
  bool Has(absl::string_view name) const { return Get(name).has_value(); }
  // How many fields have this name.
  size_t Count(absl::string_view name) const;

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  Field operator[](size_t i) const { return {Name(entries_[i]), Value(entries_[i])}; }

 private:
  struct Entry {
    uint32_t begin;  // in text_: the name, then at once the value
    uint32_t name_size;
    uint32_t value_size;
  };
  absl::string_view Name(const Entry& e) const {
    return absl::string_view(text_).substr(e.begin, e.name_size);
  }
  absl::string_view Value(const Entry& e) const {
    return absl::string_view(text_).substr(e.begin + e.name_size, e.value_size);
  }

  std::string text_;
  std::vector<Entry> entries_;
};

// One `key=value` of a query, both decoded. `?recurse` and `?recurse=` both have an empty value.
struct QueryParameter {
  std::string key;
  std::string value;
  friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

// What a handler leaves in place of an answer that it does not have yet: the request waits without
// a fiber until `wakes` is woken or `deadline` has come, then the handler is given the request
// again, with this in Request::parked. What else it has to remember it puts into a class of its
// own.
struct Parked {
  virtual ~Parked() = default;
  // A new one for each time that it waits; must not be null then.
  std::unique_ptr<fiber::Continuation> wakes;
  Instant deadline = Instant::Never();
  // Set by the server: it stops, or has too many that wait. The handler has to answer now.
  bool answer_now = false;
  // Of the access log (access_log.h): what the request is called, when it came, and how long the
  // handler has worked on it.
  std::string request_id;
  Instant received;
  Duration worked{};
};

// A request's body that is read while it arrives, for handlers whose server does not gather it
// (ServerOptions::uploads).
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Appends what comes next to `out`, at least a byte; false at the end. Suspends. Unavailable when
  // the client has gone, DeadlineExceeded when nothing came for long, InvalidArgument when the
  // bytes are malformed. What is left unread when the handler answers costs the connection.
  virtual absl::StatusOr<bool> Read(std::string& out) = 0;
};

// A reply's body that is made while it is sent. Made by a handler; called on the connection's fiber
// until it ends, fails, or the connection does.
class BodyStream : public Parked {
 public:
  enum class Step {
    kMore,   // call again
    kWaits,  // nothing to send before `wakes` is woken or `deadline` has come; no fiber is held
    kEnd,
  };
  // Appends what comes next to `out`; may suspend. With `answer_now` set it must not say kWaits.
  // After an error the connection is cut, so that the client sees that this is not all.
  virtual absl::StatusOr<Step> Next(std::string& out) = 0;
};

// In a handler: a complete, well-formed request; `path` and `query` are decoded exactly once and
// the path has no unprintable character. For a client: fill method, headers and body, and either
// `target` (goes out as it is) or `path` and `query` (are encoded when `target` is empty).
struct Request {
  std::string method = "GET";         // as sent: upper case in every method in use
  std::string target;                 // raw: "/v1/kv/a%20b?raw"
  std::string path;                   // decoded: "/v1/kv/a b"; "*" for "OPTIONS *"
  std::vector<QueryParameter> query;  // in order, repetitions kept
  Headers headers;
  std::string body;
  BodyReader* upload = nullptr;  // the body, when it is not gathered; null: it is in `body`
  env::Endpoint peer;            // who asks; unused in a client
  // What the handler left when it was given this request before; null the first time.
  std::shared_ptr<Parked> parked;

  // The value of the first parameter with this key (case matters).
  std::optional<absl::string_view> Query(absl::string_view key) const;
  bool HasQuery(absl::string_view key) const { return Query(key).has_value(); }
  // Values of all parameters with this key, in order.
  std::vector<absl::string_view> QueryAll(absl::string_view key) const;

  // For clients.
  static Request Make(absl::string_view method, absl::string_view target, std::string body = {});

  // Empty again, with its memory kept.
  void Clear();
};

// What a handler answers. The server adds Content-Length, Date and Connection itself and leaves the
// body away for HEAD, 204 and 304; a handler does not set these.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  // From a handler: the body, in place of `body`. Goes out in chunks, or to an HTTP/1.0 client
  // until the end of the connection; to HEAD not at all.
  std::shared_ptr<BodyStream> stream;
  bool close = false;  // the server closes the connection after this reply
  // From a handler: there is no answer yet, and the rest of this means nothing.
  std::shared_ptr<Parked> parked;

  // Content-Type: text/plain; charset=utf-8. The text goes out as it is, without a newline added.
  static Response Text(int status, absl::string_view text);
  // Content-Type: application/json. `json` is the finished text.
  static Response Json(int status, std::string json);
};

// Runs on the connection's fiber and may suspend; several run interleaved on different fibers. The
// request is valid until it returns; the next time, after it was parked, it lies where it lay. When
// the fiber is cancelled (server stop, node kill) the answer is not sent.
using Handler = std::function<Response(const Request&)>;

// "OK", "Not Found"; "Unknown" for a code without a registered phrase.
absl::string_view ReasonPhrase(int status);

// Appends the bytes of a request as they go on the wire: request line, Host (unless the headers
// have one), the headers, Content-Length when there is a body or the method usually has one.
// With `body_size`, that is the length, and sending the body is left to the caller.
void AppendRequest(const Request& request, absl::string_view host, std::string& out,
                   std::optional<uint64_t> body_size = std::nullopt);

// `bytes` as one chunk (RFC 9112, 7.1), or nothing when there are none; then the end of all chunks.
void AppendChunk(absl::string_view bytes, std::string& out);
void AppendLastChunk(std::string& out);

// What the server knows about the reply's connection and time.
struct ResponseFraming {
  bool head_request = false;  // the body stays away, its length is still told
  bool close = false;         // "Connection: close"
  bool chunked = false;       // the body follows in chunks
  bool until_close = false;   // the body follows, without a length
  bool keep_alive_10 =
      false;               // "Connection: keep-alive", which an HTTP/1.0 client needs to be told
  absl::string_view date;  // an IMF-fixdate, or empty for none
};
// Appends the bytes of a reply. Control characters in header values become spaces, so that no value
// can start a header or a reply of its own.
void AppendResponse(const Response& response, const ResponseFraming& framing, std::string& out);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_MESSAGE_H_
