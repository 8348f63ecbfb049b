#include "net/http/parser.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "net/http/date.h"
#include "net/http/uri.h"
#include "rapidcheck/gtest.h"

namespace konsul::http {
namespace {

// Everything that a parser says about a stream, as text: what must not depend on the cuts.
std::string Transcript(absl::string_view bytes, const std::vector<size_t>& cuts,
                       const ParserLimits& limits = {}) {
  RequestParser parser(limits);
  std::string out;
  size_t fed = 0, cut = 0;
  while (true) {
    switch (parser.Next()) {
      case Step::kContinue:
        break;
      case Step::kMessage: {
        const Request& r = parser.request();
        absl::StrAppend(&out, r.method, " ", r.target, " [", r.path, "]");
        for (const QueryParameter& p : r.query) absl::StrAppend(&out, " ", p.key, "=", p.value);
        for (size_t i = 0; i < r.headers.size(); ++i) {
          absl::StrAppend(&out, "|", r.headers[i].name, ":", r.headers[i].value);
        }
        absl::StrAppend(&out, "|1.", parser.minor_version(),
                        parser.keep_alive() ? " keep " : " close ", r.body.size(), " ", r.body,
                        "\n");
        break;
      }
      case Step::kError:
        return absl::StrCat(out, "ERROR ", parser.error().status, " ", parser.error().text);
      case Step::kNeedMore: {
        if (fed == bytes.size()) {
          return absl::StrCat(out, parser.in_message() ? "PARTIAL" : "END",
                              parser.in_body() ? " BODY" : "");
        }
        const size_t n =
            cut < cuts.size() ? std::min(cuts[cut++], bytes.size() - fed) : bytes.size() - fed;
        parser.Append(bytes.substr(fed, n));
        fed += n;
        break;
      }
    }
  }
}

std::string Whole(absl::string_view bytes, const ParserLimits& limits = {}) {
  return Transcript(bytes, {}, limits);
}
std::string ByteByByte(absl::string_view bytes, const ParserLimits& limits = {}) {
  return Transcript(bytes, std::vector<size_t>(bytes.size(), 1), limits);
}

struct Case {
  const char* name;
  std::string bytes;
  std::string want;  // the whole transcript, or its beginning when it ends in "..."
};

std::vector<Case> Cases() {
  const std::string h = "Host: h\r\n";
  return {
      {"simple", "GET /v1/kv/a?raw HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET /v1/kv/a?raw [/v1/kv/a] raw=|Host:h|1.1 keep 0 \nEND"},
      {"body", "PUT /a HTTP/1.1\r\n" + h + "Content-Length: 3\r\n\r\nabc",
       "PUT /a [/a]|Host:h|Content-Length:3|1.1 keep 3 abc\nEND"},
      {"two",
       "PUT /a HTTP/1.1\r\n" + h + "Content-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\n" + h + "\r\n",
       "PUT /a [/a]|Host:h|Content-Length:1|1.1 keep 1 x\nGET /b [/b]|Host:h|1.1 keep 0 \nEND"},
      {"empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" + h + "\r\n",
       "GET / [/]|Host:h|1.1 keep 0 \nEND"},
      {"too many empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + h + "\r\n",
       "ERROR 400 ..."},
      {"http/1.0", "GET / HTTP/1.0\r\n\r\n", "GET / [/]|1.0 close 0 \nEND"},
      {"http/1.0 keep", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
       "GET / [/]|Connection:Keep-Alive|1.0 keep 0 \nEND"},
      {"close", "GET / HTTP/1.1\r\n" + h + "Connection: foo, Close\r\n\r\n",
       "GET / [/]|Host:h|Connection:foo, Close|1.1 close 0 \nEND"},
      {"chunked",
       "PUT /a HTTP/1.1\r\n" + h +
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nT: "
           "v\r\n\r\n"
           "GET /b HTTP/1.1\r\n" +
           h + "\r\n",
       "PUT /a [/a]|Host:h|Transfer-Encoding:chunked|1.1 keep 13 abc0123456789\n"
       "GET /b [/b]|Host:h|1.1 keep 0 \nEND"},
      {"chunked empty", "PUT /a HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "PUT /a [/a]|Host:h|Transfer-Encoding:chunked|1.1 keep 0 \nEND"},
      {"chunked unfinished",
       "PUT /a HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3\r\nab", "PARTIAL BODY"},
      {"body unfinished", "PUT /a HTTP/1.1\r\n" + h + "Content-Length: 3\r\n\r\nab",
       "PARTIAL BODY"},
      {"head unfinished", "PUT /a HTTP/1.1\r\n" + h, "PARTIAL"},
      {"nothing", "", "END"},
      {"absolute form", "GET http://x/a?b HTTP/1.1\r\n" + h + "\r\n",
       "GET http://x/a?b [/a] b=|Host:h|1.1 keep 0 \nEND"},
      {"options", "OPTIONS * HTTP/1.1\r\n" + h + "\r\n", "OPTIONS * [*]|Host:h|1.1 keep 0 \nEND"},
      {"same length twice",
       "PUT / HTTP/1.1\r\n" + h + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
       "PUT / [/]|Host:h|Content-Length:1|Content-Length:1|1.1 keep 1 x\nEND"},

      // Ambiguous framing: request smuggling.
      {"length and chunked",
       "PUT / HTTP/1.1\r\n" + h +
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "ERROR 400 ..."},
      {"chunked and length",
       "PUT / HTTP/1.1\r\n" + h +
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
       "ERROR 400 ..."},
      {"two lengths", "PUT / HTTP/1.1\r\n" + h + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
       "ERROR 400 ..."},
      {"length list", "PUT / HTTP/1.1\r\n" + h + "Content-Length: 1, 2\r\n\r\nxx", "ERROR 400 ..."},
      {"length +1", "PUT / HTTP/1.1\r\n" + h + "Content-Length: +1\r\n\r\nx", "ERROR 400 ..."},
      {"length -1", "PUT / HTTP/1.1\r\n" + h + "Content-Length: -1\r\n\r\nx", "ERROR 400 ..."},
      {"length 0x1", "PUT / HTTP/1.1\r\n" + h + "Content-Length: 0x1\r\n\r\nx", "ERROR 400 ..."},
      {"length empty", "PUT / HTTP/1.1\r\n" + h + "Content-Length: \r\n\r\n", "ERROR 400 ..."},
      {"length overflow",
       "PUT / HTTP/1.1\r\n" + h + "Content-Length: 18446744073709551617\r\n\r\nx", "ERROR 400 ..."},
      {"gzip", "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       "ERROR 501 ..."},
      {"xchunked", "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
       "ERROR 501 ..."},
      {"chunked twice",
       "PUT / HTTP/1.1\r\n" + h +
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "ERROR 400 ..."},
      {"chunked then identity",
       "PUT / HTTP/1.1\r\n" + h +
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
       "ERROR ..."},
      {"chunked in 1.0", "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "ERROR 400 ..."},
      {"obs-fold", "GET / HTTP/1.1\r\n" + h + "X: a\r\n b\r\n\r\n", "ERROR 400 ..."},
      {"fold at once", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "ERROR 400 ..."},
      {"bare newline", "GET / HTTP/1.1\nHost: h\n\n", "ERROR 400 ..."},
      {"bare newline in the middle", "GET / HTTP/1.1\r\n" + h + "X: a\nY: b\r\n\r\n",
       "ERROR 400 ..."},
      {"bare return", "GET / HTTP/1.1\r\n" + h + "X: a\rY: b\r\n\r\n", "ERROR 400 ..."},
      {"blank before colon", "GET / HTTP/1.1\r\n" + h + "Content-Length : 3\r\n\r\n",
       "ERROR 400 ..."},
      {"no name", "GET / HTTP/1.1\r\n" + h + ": x\r\n\r\n", "ERROR 400 ..."},
      {"nul in value",
       absl::StrCat("GET / HTTP/1.1\r\n", h, "X: a", absl::string_view("\0", 1), "\r\n\r\n"),
       "ERROR 400 ..."},
      {"two hosts", "GET / HTTP/1.1\r\n" + h + h + "\r\n", "ERROR 400 ..."},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "ERROR 400 Bad Request: missing Host header"},

      // Chunks.
      {"chunk size missing", "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n\r\n",
       "ERROR 400 ..."},
      {"chunk size bad", "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
       "ERROR 400 ..."},
      {"chunk size 0x",
       "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n",
       "ERROR 400 ..."},
      {"chunk size blank",
       "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n",
       "ERROR 400 ..."},
      {"chunk size overflow",
       "PUT / HTTP/1.1\r\n" + h +
           "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\na\r\n0\r\n\r\n",
       "ERROR 400 ..."},
      {"chunk newline", "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n",
       "ERROR 400 ..."},
      {"chunk too long",
       "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
       "ERROR 400 ..."},
      {"chunk end", "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\rX",
       "ERROR 400 ..."},
      {"bad trailer",
       "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n0\r\nxx\r\n\r\n",
       "ERROR 400 ..."},
      {"chunk extension without end",
       "PUT / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3;" + std::string(9000, 'x'),
       "ERROR 400 ..."},

      // Garbage.
      {"tls", std::string("\x16\x03\x01\x02\x00\x01", 6),
       "ERROR 400 Bad Request: a TLS handshake ..."},
      {"binary", "\xff\xfe\x01", "ERROR 400 ..."},
      {"http/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "ERROR 505 ..."},
      {"http/0.9", "GET /\r\n\r\n", "ERROR 400 ..."},
      {"no version", "GET / lorem\r\n\r\n", "ERROR 400 ..."},
      {"two blanks", "GET  / HTTP/1.1\r\n" + h + "\r\n", "ERROR 400 ..."},
      {"not a path", "GET a HTTP/1.1\r\n" + h + "\r\n", "ERROR 400 ..."},
      {"bad escape", "GET /%zz HTTP/1.1\r\n" + h + "\r\n", "ERROR 400 ..."},
      {"unprintable", "GET /a%01 HTTP/1.1\r\n" + h + "\r\n", "ERROR 400 ..."},
      {"expectation", "PUT / HTTP/1.1\r\n" + h + "Expect: wonders\r\n\r\n", "ERROR 417 ..."},
  };
}

bool Fits(absl::string_view got, absl::string_view want) {
  if (!absl::EndsWith(want, "...")) return got == want;
  return absl::StartsWith(got, want.substr(0, want.size() - 3));
}

TEST(RequestParserTest, Table) {
  for (const Case& c : Cases()) {
    const std::string whole = Whole(c.bytes);
    EXPECT_TRUE(Fits(whole, c.want)) << c.name << ": " << whole;
    EXPECT_EQ(ByteByByte(c.bytes), whole) << c.name;
  }
}

TEST(RequestParserTest, HeadLimit) {
  ParserLimits limits;
  limits.head_bytes_max = 100;
  const std::string frame = "GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n";
  const auto head = [&](size_t size) {
    return absl::StrReplaceAll(frame, {{"X: ", "X: " + std::string(size - frame.size(), 'x')}});
  };
  for (size_t size = 95; size <= 105; ++size) {
    const std::string text = head(size) + head(40);
    const std::string got = Whole(text, limits);
    EXPECT_EQ(absl::StartsWith(got, "ERROR 431"), size > 100) << size << got;
    EXPECT_EQ(ByteByByte(text, limits), got) << size;
  }
  EXPECT_TRUE(absl::StartsWith(Whole(std::string(101, 'G'), limits), "ERROR 431"));
  EXPECT_EQ(Whole(std::string(100, 'G'), limits), "PARTIAL");
}

TEST(RequestParserTest, HeaderCountLimit) {
  ParserLimits limits;
  limits.header_count_max = 2;
  EXPECT_TRUE(absl::StartsWith(Whole("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n", limits), "GET"));
  EXPECT_TRUE(absl::StartsWith(Whole("GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 1\r\n\r\n", limits),
                               "ERROR 431"));
}

TEST(RequestParserTest, BodyLimitTellsTheSize) {
  ParserLimits limits;
  limits.body_bytes_max = 10;
  const std::string put = "PUT / HTTP/1.1\r\nHost: h\r\n";
  const std::string want = "ERROR 413 Request body(11 bytes) too large, max size: 10 bytes.";
  EXPECT_EQ(Whole(put + "Content-Length: 11\r\n\r\n", limits), want);
  EXPECT_EQ(Whole(put + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n6\r\n", limits), want);
  EXPECT_TRUE(absl::EndsWith(
      Whole(put + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nffffffffffffffff\r\n", limits),
      "Request body(18446744073709551615 bytes) too large, max size: 10 bytes."));
  EXPECT_TRUE(absl::EndsWith(Whole(put + "Content-Length: 10\r\n\r\n0123456789", limits), "END"));
}

TEST(RequestParserTest, LargeBodyNeedsFewReads) {
  RequestParser parser({});
  parser.Append("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 524288\r\n\r\n");
  size_t sent = 0, reads = 0;
  Step step;
  while ((step = parser.Next()) == Step::kNeedMore) {
    const absl::Span<char> space = parser.Space();
    const size_t n = std::min<size_t>(space.size(), 524288 - sent);
    std::fill_n(space.begin(), n, 'x');
    parser.Commit(n);
    sent += n;
    ++reads;
  }
  ASSERT_EQ(step, Step::kMessage);
  EXPECT_EQ(parser.request().body, std::string(524288, 'x'));
  EXPECT_LE(reads, 16u);
}

TEST(RequestParserTest, ContinueOnlyWhenTheBodyIsAwaited) {
  const std::string head =
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  RequestParser parser({});
  parser.Append(head);
  EXPECT_EQ(parser.Next(), Step::kContinue);
  EXPECT_EQ(parser.Next(), Step::kNeedMore);
  parser.Append("ab");
  EXPECT_EQ(parser.Next(), Step::kMessage);
  parser.Append(head + "a");
  EXPECT_EQ(parser.Next(), Step::kNeedMore);
}

// A generated stream: well-formed requests, with a share of bytes damaged.
std::string GenerateStream() {
  const int count = *rc::gen::inRange(0, 5);
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const std::string body = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    absl::StrAppend(&bytes, *rc::gen::element("GET", "PUT", "DELETE", "HEAD"), " /",
                    EncodePath(*rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'))),
                    *rc::gen::element("", "?raw", "?a=b&c=%20"), " HTTP/1.1\r\nHost: h\r\n");
    if (*rc::gen::arbitrary<bool>()) {
      absl::StrAppend(&bytes, "Content-Length: ", body.size(), "\r\n\r\n", body);
    } else {
      absl::StrAppend(&bytes, "Transfer-Encoding: chunked\r\n\r\n");
      if (!body.empty()) absl::StrAppend(&bytes, absl::Hex(body.size()), "\r\n", body, "\r\n");
      absl::StrAppend(&bytes, "0\r\n\r\n");
    }
  }
  const int damages = *rc::gen::element(0, 0, 1, 3);
  for (int i = 0; i < damages && !bytes.empty(); ++i) {
    bytes[*rc::gen::inRange<size_t>(0, bytes.size())] =
        *rc::gen::element('\r', '\n', ' ', ':', '\0', 'x', '0', '%', '\t');
  }
  return bytes;
}

RC_GTEST_PROP(RequestParserProperty, CutsDoNotMatter, ()) {
  const std::string bytes = GenerateStream();
  const auto cuts = *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(1, 40));
  const std::string whole = Whole(bytes);
  RC_ASSERT(Transcript(bytes, cuts) == whole);
  RC_ASSERT(ByteByByte(bytes) == whole);
}

RC_GTEST_PROP(RequestParserProperty, RoundTrip,
              (std::string body, std::vector<std::pair<std::string, std::string>> parameters)) {
  Request request;
  request.method = "PUT";
  request.path = "/v1/kv/" + *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'));
  for (const auto& [key, value] : parameters) {
    if (!key.empty()) request.query.push_back({key, value});
  }
  request.headers.Add("X-Consul-Token", "secret");
  request.body = body;
  std::string bytes;
  AppendRequest(request, "h:1", bytes);
  RequestParser parser({});
  parser.Append(bytes);
  RC_ASSERT(parser.Next() == Step::kMessage);
  RC_ASSERT(parser.request().path == request.path);
  RC_ASSERT(parser.request().query == request.query);
  RC_ASSERT(parser.request().body == body);
  RC_ASSERT(*parser.request().headers.Get("x-consul-TOKEN") == "secret");
  RC_ASSERT(*parser.request().headers.Get("host") == "h:1");
  RC_ASSERT(parser.Next() == Step::kNeedMore);
  RC_ASSERT(!parser.in_message());
}

RC_GTEST_PROP(ResponseParserProperty, RoundTrip, (std::string body, bool close, bool head)) {
  Response response = Response::Json(*rc::gen::element(200, 404, 500, 204), body);
  response.headers.Add("X-Consul-Index", "7");
  std::string bytes;
  AppendResponse(response, {.head_request = head, .close = close}, bytes);
  const size_t cut = *rc::gen::inRange<size_t>(0, bytes.size() + 1);
  ResponseParser parser({});
  parser.ExpectHeadReply(head);
  parser.Append(absl::string_view(bytes).substr(0, cut));
  Step step = parser.Next();
  if (cut < bytes.size()) {
    RC_ASSERT(step == Step::kNeedMore);
    parser.Append(absl::string_view(bytes).substr(cut));
    step = parser.Next();
  }
  RC_ASSERT(step == Step::kMessage);
  RC_ASSERT(parser.response().status == response.status);
  RC_ASSERT(parser.response().close == close);
  RC_ASSERT(*parser.response().headers.Get("x-consul-index") == "7");
  RC_ASSERT(parser.response().body == (head || response.status == 204 ? "" : body));
  RC_ASSERT(!parser.has_buffered());
}

TEST(ResponseParserTest, InterimRepliesAndUntilClose) {
  ResponseParser parser({});
  parser.Append("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\n\r\nabc");
  EXPECT_EQ(parser.Next(), Step::kNeedMore);
  EXPECT_TRUE(parser.in_message());
  EXPECT_EQ(parser.EndOfInput(), Step::kMessage);
  EXPECT_EQ(parser.response().body, "abc");
  EXPECT_TRUE(parser.response().close);
}

TEST(ResponseParserTest, TruncatedReplyIsAnError) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", "HTTP/1.1 200 OK\r\nA",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    ResponseParser parser({});
    parser.Append(text);
    EXPECT_EQ(parser.Next(), Step::kNeedMore) << text;
    EXPECT_EQ(parser.EndOfInput(), Step::kError) << text;
  }
}

TEST(MessageTest, HeaderValuesCannotBreakOut) {
  Response response = Response::Text(200, "x");
  response.headers.Add("X-Name", "a\r\nSet-Cookie: b");
  std::string bytes;
  AppendResponse(response, {}, bytes);
  EXPECT_TRUE(absl::StrContains(bytes, "X-Name: a  Set-Cookie: b\r\n")) << bytes;
}

TEST(MessageTest, HeadersKeepOrderAndIgnoreCase) {
  Headers headers;
  headers.Add("A", "1");
  headers.Add("B", "2");
  headers.Add("a", "3");
  EXPECT_EQ(headers.Count("a"), 2u);
  EXPECT_EQ(*headers.Get("a"), "1");
  headers.Set("A", "4");
  EXPECT_EQ(headers.Count("a"), 1u);
  EXPECT_EQ(headers[0].name, "B");
  EXPECT_EQ(headers[1].value, "4");
  EXPECT_FALSE(headers.Has("C"));
}

TEST(DateTest, KnownDays) {
  const auto at = [](int64_t seconds) {
    return FormatImfFixdate(WallTime{seconds * 1'000'000'000});
  };
  EXPECT_EQ(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(at(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(at(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(at(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(RequestParserTest, AnIdleConnectionGivesTheMemoryOfALargeRequestBack) {
  RequestParser parser({});
  parser.Append("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 204800\r\n\r\n");
  EXPECT_EQ(parser.Next(), Step::kNeedMore);
  parser.Append(std::string(204800, 'x'));
  EXPECT_EQ(parser.Next(), Step::kMessage);
  EXPECT_GE(parser.memory(), 204800u);
  EXPECT_EQ(parser.Next(), Step::kNeedMore);
  parser.Shrink();
  EXPECT_LE(parser.memory(), InputBuffer::kSmall);
  EXPECT_LE(parser.request().body.capacity(), InputBuffer::kSmall);
}

}  // namespace
}  // namespace konsul::http
