#include "net/api/stream_routes.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/api/stream.h"
#include "core/base/status.h"
#include "net/api/kv_json.h"
#include "net/api/parameters.h"
#include "net/api/reply.h"

namespace konsul::net_api {
namespace {

using api::StreamEvent;
using http::Request;
using http::Response;
using Kind = StreamEvent::Kind;

// For browsers, which come back by themselves; with the proxies' own buffers out of the way.
constexpr char kPreamble[] = "retry: 1000\n\n";

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kState:
      return "state";
    case Kind::kChange:
      return "change";
    case Kind::kProgress:
      return "progress";
    default:
      return "too-late";
  }
}

void WriteChange(const StreamEvent::Change& change, JsonWriter& json) {
  json.BeginObject();
  json.Key("Op");
  json.String(change.deleted ? "delete" : "put");
  if (change.deleted) {
    json.Key("Key");
    json.String(change.pair.key);
    json.Key("Index");
    json.Number(change.pair.modify_index);
  } else {
    json.Key("Pair");
    WritePair(change.pair, json);
  }
  json.EndObject();
}

// One line, as an event's data has to be.
std::string DataOf(const StreamEvent& event) {
  JsonWriter json(false);
  json.BeginObject();
  json.Key("Index");
  json.Number(event.index.value);
  if (event.kind == Kind::kTooLate) {
    json.Key("Oldest");
    json.Number(event.oldest.value);
  }
  if (event.more) {
    json.Key("More");
    json.Bool(true);
  }
  if (event.kind == Kind::kState || event.kind == Kind::kChange) {
    json.Key(event.kind == Kind::kState ? "Pairs" : "Changes");
    json.BeginArray();
    for (const StreamEvent::Change& change : event.changes) {
      if (event.kind == Kind::kState) {
        WritePair(change.pair, json);
      } else {
        WriteChange(change, json);
      }
    }
    json.EndArray();
  }
  json.EndObject();
  return json.Take();
}

// WHATWG HTML, section 9.2. Only an event with an id changes where a client goes on; with an empty
// one it begins anew.
void AppendEvent(const StreamEvent& event, std::string& out) {
  if (event.kind == Kind::kAlive) {
    out.append(":\n\n");
    return;
  }
  absl::StrAppend(&out, "event: ", NameOf(event.kind), "\n");
  if (event.kind == Kind::kTooLate) {
    out.append("id\n");
  } else if (!event.more) {
    absl::StrAppend(&out, "id: ", event.index.value, "\n");
  }
  absl::StrAppend(&out, "data: ", DataOf(event), "\n\n");
}

class EventStream : public http::BodyStream {
 public:
  explicit EventStream(std::unique_ptr<api::Stream> stream) : stream_(std::move(stream)) {}

  absl::StatusOr<Step> Next(std::string& out) override {
    // Whoever streams goes on elsewhere from where he is.
    if (answer_now) return Step::kEnd;
    if (!std::exchange(begun_, true)) out.append(kPreamble);
    KONSUL_ASSIGN_OR_RETURN(const auto event, stream_->Next());
    if (!event) {
      wakes = stream_->Wait();
      deadline = stream_->deadline();
      return Step::kWaits;
    }
    AppendEvent(*event, out);
    return event->kind == Kind::kTooLate ? Step::kEnd : Step::kMore;
  }

 private:
  std::unique_ptr<api::Stream> stream_;
  bool begun_ = false;
};

// Where the client goes on, as it was told by an event's id or as it says itself.
absl::StatusOr<std::optional<Index>> ParseAfter(const Request& request) {
  absl::string_view text = request.Query("index").value_or("");
  const absl::string_view last =
      absl::StripAsciiWhitespace(request.headers.Get("Last-Event-ID").value_or(""));
  const bool by_header = !last.empty();
  if (by_header) text = last;
  if (text.empty()) return std::nullopt;
  uint64_t index = 0;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text, &index)) {
    return absl::InvalidArgumentError(by_header ? "Invalid Last-Event-ID" : "Invalid index");
  }
  // As of a read, 0 is none.
  return index == 0 ? std::nullopt : std::make_optional(Index(index));
}

absl::StatusOr<Response> Get(const api::Context& context, const Request& request) {
  api::StreamRequest wanted;
  KONSUL_ASSIGN_OR_RETURN(wanted.consistency, ParseConsistency(request));
  KONSUL_ASSIGN_OR_RETURN(wanted.after, ParseAfter(request));
  const absl::string_view table = request.Query("table").value_or("kv");
  if (table != "kv") {
    return absl::InvalidArgumentError(
        absl::StrCat("Unknown table \"", absl::Utf8SafeCEscape(table), "\"; there is: kv"));
  }
  for (const absl::string_view prefix : request.QueryAll("prefix")) {
    wanted.prefixes.emplace_back(prefix);
  }
  wanted.coalesce = request.HasQuery("coalesce");
  absl::StatusOr<std::unique_ptr<api::Stream>> stream =
      api::Stream::Open(context, std::move(wanted));
  if (absl::IsFailedPrecondition(stream.status())) {
    return Response::Text(410, stream.status().message());
  }
  KONSUL_RETURN_IF_ERROR(stream.status());
  Response response;
  response.headers.Set("Content-Type", "text/event-stream");
  response.headers.Set("Cache-Control", "no-store");
  response.headers.Set("X-Accel-Buffering", "no");
  response.stream = std::make_shared<EventStream>(*std::move(stream));
  return response;
}

}  // namespace

void AddStreamRoutes(const api::Context& context, Router& router) {
  if (context.streams == nullptr) return;
  router.Add("GET", "/v1/stream", [context](const Request& request, absl::string_view) {
    return OrError(Get(context, request));
  });
}

}  // namespace konsul::net_api
